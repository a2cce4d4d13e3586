package scenario

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"

	"rollcall/internal/tgsim/world"
)

// inBasicGroup is what the actions are that can be done in a basic group too.
var inBasicGroup = map[string]func(*world.World, Act, world.ChatID) error{
	"join":  func(w *world.World, a Act, g world.ChatID) error { return w.JoinChat(a.User, g) },
	"leave": func(w *world.World, a Act, g world.ChatID) error { return w.PutOut(a.User, g, a.User) },
	"kick":  func(w *world.World, a Act, g world.ChatID) error { return w.PutOut(a.By, g, a.User) },
	"add":   func(w *world.World, a Act, g world.ChatID) error { return w.Let(a.By, g, a.User) },
	"promote": func(w *world.World, a Act, g world.ChatID) error {
		return modified(w.EditChatAdmin(a.By, g, a.User, true))
	},
	"demote": func(w *world.World, a Act, g world.ChatID) error {
		return modified(w.EditChatAdmin(a.By, g, a.User, false))
	},
	"say":   func(w *world.World, a Act, g world.ChatID) error { return w.SayInChat(a.User, g, a.Text) },
	"title": func(w *world.World, a Act, g world.ChatID) error { return w.Retitle(a.User, g, a.Text) },
}

var errNoGroup error = tgerr.New(400, "USERNAME_NOT_OCCUPIED")

// basicGroup finds the owner's basic group with the title; 0 is none.
func basicGroup(w *world.World, title string) world.ChatID {
	for _, g := range w.ChatGroups() {
		if g.Title == title {
			return g.ID
		}
	}
	return 0
}

// doInBasicGroup does what Do does, in the basic group that the act names by its title.
func (a Act) doInBasicGroup(w *world.World) error {
	g := basicGroup(w, a.Group)
	do := inBasicGroup[a.Action]
	switch {
	case g == 0:
		return errNoGroup
	case do == nil:
		return nonsense(fmt.Sprintf("%q is a basic group, where nobody can %s", a.Group, a.Action))
	}
	return do(w, a, g)
}

// readGroup reads a group's username, or in quotes the title of one of the owner's.
func readGroup(text string) (string, error) {
	if !strings.HasPrefix(text, `"`) {
		return readUsername(text)
	}
	title, err := strconv.Unquote(text)
	if err != nil || strings.TrimSpace(title) == "" {
		return "", errors.New("a group is a username, or a title in quotes")
	}
	return title, nil
}

// groupName is what readGroup reads as the group.
func groupName(group string) string {
	if username.MatchString(group) {
		return group
	}
	return strconv.QuoteToGraphic(group)
}

// status tells the truth about somebody in the group, or in the basic group with that title.
func (p *play) status(id world.UserID, group string) (status string, in bool, err error) {
	facts, err := p.World.Truth(group)
	if tgerr.Is(err, "USERNAME_NOT_OCCUPIED") {
		if g := basicGroup(p.World, group); g != 0 {
			return p.basicStatus(id, g)
		}
	}
	if i := slices.IndexFunc(facts, func(f world.Fact) bool { return f.ID == id }); i >= 0 {
		return facts[i].Status, facts[i].In, err
	}
	return "left", false, err
}

// basicStatus is status in a basic group, by its list as the owner has it.
func (p *play) basicStatus(id world.UserID, g world.ChatID) (status string, in bool, err error) {
	full, err := p.World.FullChat(p.World.Owner(), g)
	if err != nil {
		return "", false, err
	}
	chat, ok := full.FullChat.(*tg.ChatFull)
	if !ok {
		return "", false, fmt.Errorf("a basic group is told of by a %T", full.FullChat)
	}
	list, ok := chat.Participants.AsNotForbidden()
	if !ok {
		return "", false, errors.New("the owner is not in the basic group")
	}
	for _, row := range list.Participants {
		if row.GetUserID() != int64(id) {
			continue
		}
		switch row.(type) {
		case *tg.ChatParticipantCreator:
			return "creator", true, nil
		case *tg.ChatParticipantAdmin:
			return "administrator", true, nil
		default:
			return "member", true, nil
		}
	}
	return "left", false, nil
}
