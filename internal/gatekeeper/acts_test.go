package gatekeeper_test

import (
	"time"

	"github.com/gotd/td/tg"

	"rollcall/internal/membership"
	"rollcall/internal/tgsim/world"
)

// act is one thing that somebody of the cast does, or that is done to them. What Telegram refuses does not happen.
type act struct {
	name string
	do   func(h *history, u world.UserID) error
}

var actsOfPeople = []act{
	{"join", (*history).joins},
	{"leave", (*history).leaves},
	{"kick", (*history).kicks},
	{"ban", func(h *history, u world.UserID) error { return h.bans(u, world.Banned(), 0) }},
	{"ban for a minute", func(h *history, u world.UserID) error { return h.bans(u, world.Banned(), time.Minute) }},
	{"unban", func(h *history, u world.UserID) error { return h.bans(u, tg.ChatBannedRights{}, 0) }},
	{"restrict", func(h *history, u world.UserID) error { return h.bans(u, world.Muted(), 0) }},
	{"restrict for a minute", func(h *history, u world.UserID) error { return h.bans(u, world.Muted(), time.Minute) }},
	{"promote", func(h *history, u world.UserID) error { return h.promotes(u, world.ModeratorRights()) }},
	{"promote unseen", func(h *history, u world.UserID) error {
		r := world.ModeratorRights()
		r.Anonymous = true
		return h.promotes(u, r)
	}},
	{"demote", func(h *history, u world.UserID) error { return h.promotes(u, tg.ChatAdminRights{}) }},
	{"join by link", func(h *history, u world.UserID) error { return h.world.JoinByLink(u, h.place) }},
	{"request, and be let in", func(h *history, u world.UserID) error { return h.requests(u, true) }},
	{"request, and not be let in", func(h *history, u world.UserID) error { return h.requests(u, false) }},
	{"add", func(h *history, u world.UserID) error { return h.world.Add(h.by, u, h.place) }},
	{"speak", func(h *history, u world.UserID) error { return h.world.Speak(u, h.place) }},
	{"look up", (*history).lookUp},
	{"walk", func(h *history, _ world.UserID) error { return h.walk() }},
	// Within one second:
	{"leave and return", both((*history).leaves, (*history).joins)},
	{"come and go", both((*history).joins, (*history).leaves)},
	{"be removed and return", both((*history).kicks, (*history).joins)},
	{"return, and be removed", both((*history).joins, (*history).kicks)},
	{"be promoted and demoted", both(
		func(h *history, u world.UserID) error { return h.promotes(u, world.ModeratorRights()) },
		func(h *history, u world.UserID) error { return h.promotes(u, tg.ChatAdminRights{}) },
	)},
	{"be looked up and leave", both((*history).lookUp, (*history).leaves)},
	{"leave and be looked up", both((*history).leaves, (*history).lookUp)},
}

// both does one after the other, and the second only if Telegram did not refuse the first.
func both(first, second func(*history, world.UserID) error) func(*history, world.UserID) error {
	return func(h *history, u world.UserID) error {
		if err := first(h, u); err != nil {
			return err
		}
		_ = second(h, u) // what is refused does not happen; the first did
		return nil
	}
}

func (h *history) joins(u world.UserID) error { return h.world.Join(u, h.place) }

func (h *history) leaves(u world.UserID) error {
	return h.went(u, membership.Left, h.world.Leave(u, h.place))
}

func (h *history) kicks(u world.UserID) error {
	return h.went(u, membership.Kicked, h.world.Kick(h.by, u, h.place))
}

func (h *history) bans(u world.UserID, r tg.ChatBannedRights, lasts time.Duration) error {
	if lasts > 0 {
		r.UntilDate = int(h.at.Add(lasts).Unix())
	}
	_, err := h.world.EditBanned(h.by, u, h.place, r)
	return h.went(u, membership.NoDeparture, err)
}

func (h *history) promotes(u world.UserID, r tg.ChatAdminRights) error {
	_, err := h.world.EditAdmin(h.by, u, h.place, r, "")
	return err
}

func (h *history) requests(u world.UserID, approved bool) error {
	if err := h.world.Request(u, h.place); err != nil {
		return err
	}
	return h.world.Decide(h.by, u, h.place, approved)
}

func (h *history) went(u world.UserID, d membership.Departure, err error) error {
	if err == nil {
		h.gone[u] = d
	}
	return err
}
