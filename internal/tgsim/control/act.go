package control

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

// act is what somebody is to do. By is whoever does it to User, the owner unless said otherwise;
// Group is a username, the watched group unless said otherwise.
type act struct {
	Action string       `json:"action"`
	Group  string       `json:"group"`
	User   world.UserID `json:"user"`
	By     world.UserID `json:"by"`
	Text   string       `json:"text"`
	Until  *time.Time   `json:"until"`

	channel world.ChannelID
}

// actions are all that people can do. Towards the bot they act in private.
var actions = map[string]func(*world.World, act) error{
	"join":         func(w *world.World, a act) error { return w.Join(a.User, a.channel) },
	"join_by_link": func(w *world.World, a act) error { return w.JoinByLink(a.User, a.channel) },
	"leave":        func(w *world.World, a act) error { return w.Leave(a.User, a.channel) },
	"kick":         func(w *world.World, a act) error { return w.Kick(a.By, a.User, a.channel) },
	"ban":          func(w *world.World, a act) error { return editBanned(w, a, world.Banned()) },
	"restrict":     func(w *world.World, a act) error { return editBanned(w, a, world.Muted()) },
	"unban":        func(w *world.World, a act) error { return lift(w, a) },
	"unrestrict":   func(w *world.World, a act) error { return lift(w, a) },
	"promote":      func(w *world.World, a act) error { return editAdmin(w, a, world.ModeratorRights()) },
	"demote":       func(w *world.World, a act) error { return editAdmin(w, a, tg.ChatAdminRights{}) },
	"block":        func(w *world.World, a act) error { return w.Block(a.User, w.Bot()) },
	"unblock":      func(w *world.World, a act) error { return w.Unblock(a.User, w.Bot()) },
	"start":        func(w *world.World, a act) error { return w.Start(a.User, w.Bot(), a.Text) },
	"message":      func(w *world.World, a act) error { return w.Write(a.User, w.Bot(), a.Text) },
	"callback":     func(w *world.World, a act) error { return w.Press(a.User, w.Bot(), a.Text) },
	"delete_account": func(w *world.World, a act) error {
		return w.DeleteAccount(a.User)
	},
}

func editBanned(w *world.World, a act, rights tg.ChatBannedRights) error {
	if a.Until != nil {
		rights.UntilDate = int(a.Until.Unix())
	}
	return modified(w.EditBanned(a.By, a.User, a.channel, rights))
}

// lift takes a ban or a restriction away; each of the two words lifts only its own.
func lift(w *world.World, a act) error {
	banned, restricted, err := w.Barred(a.User, a.channel)
	switch {
	case err != nil:
		return err
	case a.Action == "unban" && !banned, a.Action == "unrestrict" && !restricted:
		return modified(false, nil)
	}
	return modified(w.EditBanned(a.By, a.User, a.channel, tg.ChatBannedRights{}))
}

func editAdmin(w *world.World, a act, rights tg.ChatAdminRights) error {
	return modified(w.EditAdmin(a.By, a.User, a.channel, rights, ""))
}

// modified turns a change that changed nothing into a refusal: whoever asked for it waits for updates
// that would never come.
func modified(changed bool, err error) error {
	if err == nil && !changed {
		return tgerr.New(400, "CHAT_NOT_MODIFIED")
	}
	return err
}

func (f *face) act(rw http.ResponseWriter, r *http.Request) {
	var a act
	if err := decode(rw, r, &a); err != nil {
		fail(rw, http.StatusBadRequest, err)
		return
	}
	do := actions[a.Action]
	switch {
	case do == nil:
		fail(rw, http.StatusBadRequest, fmt.Errorf("unknown action %q", a.Action))
		return
	case a.User <= 0:
		fail(rw, http.StatusBadRequest, errors.New("user must be an id"))
		return
	case a.By == 0:
		a.By = f.world.Owner()
	}
	id, err := f.world.Channel(a.Group)
	if err == nil {
		a.channel = id
		err = do(f.world, a)
	}
	if err != nil {
		fail(rw, http.StatusConflict, err)
		return
	}
	reply(rw, map[string]bool{"ok": true})
}
