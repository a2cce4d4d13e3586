package control

import (
	"errors"
	"net/http"

	"rollcall/internal/tgsim/world"
)

// account is somebody, and what to sign in with if that can be done.
type account struct {
	ID       world.UserID `json:"id"`
	Username string       `json:"username"`
	Phone    string       `json:"phone,omitempty"`
	Code     string       `json:"code,omitempty"`
}

// accounts makes a stranger, or has a stranger or somebody known become an account that clients sign in to.
func (f *face) accounts(rw http.ResponseWriter, r *http.Request) {
	var body struct {
		User  world.UserID `json:"user"`
		Login bool         `json:"login"`
	}
	err := decode(rw, r, &body)
	if err == nil && body.User < 0 {
		err = errors.New("user must be an id")
	}
	if err != nil {
		fail(rw, http.StatusBadRequest, err)
		return
	}
	a := account{ID: body.User}
	if body.User == 0 {
		a.ID, a.Username = f.World.Stranger()
	}
	if body.Login || body.User != 0 {
		if a.Phone, a.Code, err = f.World.Enlist(a.ID); err != nil {
			fail(rw, http.StatusConflict, err)
			return
		}
		a.Username = f.World.Username(a.ID)
	}
	reply(rw, a)
}
