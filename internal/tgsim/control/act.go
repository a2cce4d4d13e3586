package control

import (
	"errors"
	"net/http"

	"rollcall/internal/tgsim/scenario"
)

func (f *face) act(rw http.ResponseWriter, r *http.Request) {
	var a scenario.Act
	if err := decode(rw, r, &a); err != nil {
		fail(rw, http.StatusBadRequest, err)
		return
	}
	answer(rw, a.Do(f.World))
}

// answer says that it is done, or why not.
func answer(rw http.ResponseWriter, err error) {
	switch {
	case errors.Is(err, scenario.ErrNonsense):
		fail(rw, http.StatusBadRequest, err)
	case err != nil:
		fail(rw, http.StatusConflict, err)
	default:
		reply(rw, map[string]bool{"ok": true})
	}
}
