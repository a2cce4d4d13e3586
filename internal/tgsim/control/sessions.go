package control

import (
	"errors"
	"net/http"

	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/scenario"
	"rollcall/internal/tgsim/world"
)

// ending is what is to become of logins and connections.
type ending struct {
	User  world.UserID `json:"user"`
	End   string       `json:"end"`
	Cut   bool         `json:"cut"`
	Salts bool         `json:"salts"`
	Move  int          `json:"move"`
	Token bool         `json:"token"`
}

// sessions ends an account's logins, or only its connections, moves it to another DC, makes all salts bad, or gives
// the bot another token, which is the answer then.
func (f *face) sessions(rw http.ResponseWriter, r *http.Request) {
	var body ending
	err := decode(rw, r, &body)
	var why rpc.Ending
	if err == nil {
		why, err = f.check(body)
	}
	switch {
	case err != nil:
		fail(rw, http.StatusBadRequest, err)
		return
	case f.Clients == nil:
		answer(rw, nil)
		return
	}
	if err := f.end(body, why); err != nil || !body.Token {
		answer(rw, err)
		return
	}
	token, err := f.Clients.RenewToken(f.World.Bot())
	if err != nil {
		answer(rw, err)
		return
	}
	reply(rw, map[string]string{"token": token})
}

// check says whether the request makes sense, and why logins are to end if they are.
func (f *face) check(e ending) (why rpc.Ending, err error) {
	if e.End != "" {
		if why, err = scenario.ParseEnding(e.End); err != nil {
			return "", err
		}
	}
	personal := e.End != "" || e.Cut || e.Move != 0
	switch {
	case !personal && !e.Salts && !e.Token:
		return "", errors.New("nothing to do: end, cut, move, salts or token")
	case personal && f.World.User(f.World.Owner(), e.User) == nil:
		return "", errors.New("user must be somebody's id")
	}
	return why, nil
}

// end does what was checked, but for the token.
func (f *face) end(e ending, why rpc.Ending) error {
	if e.Salts {
		f.Clients.ExpireSalts()
	}
	if e.Cut {
		f.Clients.Cut(e.User)
	}
	if e.Move != 0 {
		if err := f.Clients.Move(e.User, e.Move); err != nil {
			return err
		}
	}
	if why != "" {
		return f.Clients.EndLogins(e.User, why)
	}
	return nil
}
