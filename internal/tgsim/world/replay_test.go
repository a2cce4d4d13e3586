package world_test

import (
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/tgsim/world"
)

// reader is a client that follows one channel as Telegram's documentation asks: it takes pushes in the order of pts
// and asks for the difference when one is missing.
type reader struct {
	t    *rapid.T
	w    *world.World
	id   world.ChannelID
	pts  int
	seen map[int]string // message id → text, or the service message's type
}

func (r *reader) message(m tg.MessageClass) {
	switch m := m.(type) {
	case *tg.Message:
		r.seen[m.ID] = m.Message
	case *tg.MessageService:
		r.seen[m.ID] = m.Action.TypeName()
	}
}

func (r *reader) update(up tg.UpdateClass) {
	switch up := up.(type) {
	case *tg.UpdateNewChannelMessage:
		r.message(up.Message)
	case *tg.UpdateEditChannelMessage:
		r.message(up.Message)
	case *tg.UpdateDeleteChannelMessages:
		for _, id := range up.Messages {
			delete(r.seen, id)
		}
	}
}

// push takes a pushed update, or catches up before it.
func (r *reader) push(up tg.UpdateClass) {
	id, pts, count, ok, err := tg.IsChannelPtsUpdate(up)
	if err != nil || !ok || id != int64(r.id) || pts <= r.pts {
		return
	}
	if r.pts+count != pts {
		r.catchUp()
		return
	}
	r.pts = pts
	r.update(up)
}

// catchUp asks until an answer is final. It must not be called with the world locked.
func (r *reader) catchUp() {
	for {
		got, err := r.w.ChannelDifference(r.w.Owner(), r.id, world.ChannelSince{Pts: r.pts, Limit: 100})
		require.NoError(r.t, err)
		switch d := got.(type) {
		case *tg.UpdatesChannelDifferenceEmpty:
			require.Equal(r.t, r.pts, d.Pts)
			return
		case *tg.UpdatesChannelDifference:
			require.Greater(r.t, d.Pts, r.pts)
			r.pts = d.Pts
			for _, m := range d.NewMessages {
				r.message(m)
			}
			for _, up := range d.OtherUpdates {
				r.update(up)
			}
			if d.Final {
				return
			}
		default:
			require.Fail(r.t, "too long", "%T", d)
		}
	}
}

// TestRule24NothingIsLost has people write, edit, delete, come and go while pushes get lost: a client that asks for the
// difference ends with the channel's own messages.
func TestRule24NothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := epoch
		w := world.New(world.Options{Seed: rapid.Uint64().Draw(t, "seed"), Members: 45, Now: func() time.Time { return now }})
		id, owner := w.Group().ID, w.Owner()
		full, err := w.FullChannel(owner, id)
		require.NoError(t, err)
		r := &reader{t: t, w: w, id: id, pts: full.FullChat.(*tg.ChannelFull).Pts, seen: make(map[int]string)}
		from := r.pts / 2 // messages up to here are older than the reader
		var arrived []tg.UpdateClass
		w.Subscribe(func(u world.UserID, up *tg.Updates) {
			if u == owner {
				arrived = append(arrived, up.Updates...)
			}
		})
		all := facts(t, w)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			u := all[rapid.IntRange(0, len(all)-1).Draw(t, "who")].ID
			at := from + rapid.IntRange(1, 30).Draw(t, "message")
			switch rapid.SampledFrom([]string{"say", "say", "say", "edit", "delete", "join", "leave", "wait"}).Draw(t, "what") {
			case "say":
				_, _ = w.Say(u, id, "hello "+time.Duration(u).String())
			case "edit":
				_, _ = w.EditPost(u, id, at, world.Draft{Text: "never mind " + time.Duration(at).String()})
			case "delete":
				_, _ = w.DeletePosts(owner, id, []int{at, at + 1})
			case "join":
				_ = w.Join(u, id)
			case "leave":
				_ = w.Leave(u, id)
			case "wait":
				now = now.Add(time.Second)
			}
			if lost := rapid.IntRange(0, 3).Draw(t, "lost") == 0; !lost {
				for _, up := range arrived {
					r.push(up)
				}
			}
			arrived = nil
		}
		r.catchUp()
		require.Equal(t, theirs(t, w, id, from), r.seen)
	})
}

// theirs reads the channel's messages after an id.
func theirs(t require.TestingT, w *world.World, id world.ChannelID, after int) map[int]string {
	r := &reader{seen: make(map[int]string)}
	got, err := w.History(w.Owner(), world.Peer{Channel: id}, world.HistoryRequest{Limit: 100, MinID: after})
	require.NoError(t, err)
	for _, m := range got.(*tg.MessagesChannelMessages).Messages {
		r.message(m)
	}
	return r.seen
}

// follower is a client that follows an account's own sequences.
type follower struct {
	t        *rapid.T
	w        *world.World
	at       tg.UpdatesState
	messages map[int]string
	channels map[int64]bool // of which it heard that something about its own place changed
}

func (f *follower) update(up tg.UpdateClass) {
	switch up := up.(type) {
	case *tg.UpdateNewMessage:
		f.message(up.Message)
	case *tg.UpdateEditMessage:
		f.message(up.Message)
	case *tg.UpdateDeleteMessages:
		for _, id := range up.Messages {
			delete(f.messages, id)
		}
	case *tg.UpdateChannel:
		f.channels[up.ChannelID] = true
	}
}

func (f *follower) message(m tg.MessageClass) {
	r := reader{seen: f.messages}
	r.message(m)
}

// push takes a container, or catches up instead when something before it is missing.
func (f *follower) push(u *tg.Updates) {
	if u.Seq != 0 && u.Seq != f.at.Seq+1 {
		if u.Seq > f.at.Seq {
			f.catchUp()
		}
		return
	}
	for _, up := range u.Updates {
		if pts, count, ok := tg.IsPtsUpdate(up); ok {
			switch {
			case pts <= f.at.Pts:
				continue
			case pts != f.at.Pts+count:
				f.catchUp()
				return
			}
			f.at.Pts = pts
		}
		f.update(up)
	}
	if u.Seq != 0 {
		f.at.Seq, f.at.Date = u.Seq, u.Date
	}
}

func (f *follower) catchUp() {
	for {
		got, err := f.w.Difference(f.w.Owner(), world.Since{Pts: f.at.Pts, Qts: f.at.Qts, Date: f.at.Date, PtsLimit: 7})
		require.NoError(f.t, err)
		switch d := got.(type) {
		case *tg.UpdatesDifferenceEmpty:
			f.at.Date, f.at.Seq = d.Date, d.Seq
			return
		case *tg.UpdatesDifference:
			f.take(d.NewMessages, d.OtherUpdates)
			f.at = d.State
			return
		case *tg.UpdatesDifferenceSlice:
			f.take(d.NewMessages, d.OtherUpdates)
			require.Greater(f.t, d.IntermediateState.Pts, f.at.Pts)
			f.at = d.IntermediateState
		default:
			require.Fail(f.t, "too long", "%T", d)
		}
	}
}

func (f *follower) take(messages []tg.MessageClass, other []tg.UpdateClass) {
	for _, m := range messages {
		f.message(m)
	}
	for _, up := range other {
		f.update(up)
	}
}

// TestRule23NothingIsLost is TestRule24NothingIsLost for an account's own sequences: private messages, a basic group
// and what only seq numbers.
func TestRule23NothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := epoch
		w := world.New(world.Options{
			Seed: rapid.Uint64().Draw(t, "seed"), Members: 45, Now: func() time.Time { return now },
			Groups: []world.GroupOptions{{Title: "Chess", Members: 8, Basic: true, Bot: true}},
		})
		owner, bot := w.Owner(), w.Bot()
		chat := w.ChatGroups()[0].ID
		_, err := w.Send(owner, bot, world.Draft{Text: "/start", RandomID: 1})
		require.NoError(t, err)
		f := &follower{t: t, w: w, at: *w.State(owner), messages: make(map[int]string), channels: make(map[int64]bool)}
		older := 0
		for id := 1; id < 20; id++ {
			if _, empty := w.Messages(owner, []int{id}).Messages[0].(*tg.MessageEmpty); !empty {
				older = id
			}
		}
		cyclists, err := w.Channel("old_town_cyclists")
		require.NoError(t, err)
		var arrived []*tg.Updates
		w.Subscribe(func(u world.UserID, up *tg.Updates) {
			if u == owner {
				arrived = append(arrived, up)
			}
		})
		moved := false
		all := facts(t, w)
		random := int64(1)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			u := all[rapid.IntRange(0, len(all)-1).Draw(t, "who")].ID
			id := rapid.IntRange(1, 20).Draw(t, "message")
			random++
			switch rapid.SampledFrom([]string{"tell", "tell", "chat", "edit", "delete", "enter", "out", "leave", "wait"}).Draw(t, "what") {
			case "tell":
				_, _ = w.Send(bot, owner, world.Draft{Text: "news " + time.Duration(random).String(), RandomID: random})
			case "chat":
				_ = w.SayInChat(u, chat, "hello "+time.Duration(random).String())
			case "edit":
				_, _ = w.Edit(bot, world.Peer{User: owner}, id, world.Draft{Text: "newer " + time.Duration(random).String()})
			case "delete":
				w.Delete(bot, []int{id}, true)
			case "enter":
				_ = w.JoinChat(u, chat)
			case "out":
				_, _ = w.DeleteChatUser(bot, chat, u)
			case "leave":
				moved = w.Leave(owner, cyclists) == nil || moved
			case "wait":
				now = now.Add(time.Second)
			}
			if lost := rapid.IntRange(0, 2).Draw(t, "lost") == 0; !lost {
				for _, up := range arrived {
					f.push(up)
				}
			}
			arrived = nil
		}
		f.catchUp()
		want := make(map[int]string)
		r := reader{seen: want}
		ids := make([]int, 0, 90)
		for id := older + 1; id <= older+90; id++ {
			ids = append(ids, id)
		}
		for _, m := range w.Messages(owner, ids).Messages {
			r.message(m)
		}
		for id := range f.messages {
			if id <= older {
				delete(f.messages, id)
			}
		}
		require.Equal(t, want, f.messages)
		require.Equal(t, moved, f.channels[int64(cyclists)])
		require.Equal(t, w.State(owner).Pts, f.at.Pts)
		require.Equal(t, w.State(owner).Seq, f.at.Seq)
	})
}
