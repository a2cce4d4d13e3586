package world

import (
	"cmp"
	"math"
	"slices"

	"github.com/gotd/td/bin"
	"github.com/gotd/td/tg"
)

// State returns the account's positions now.
func (w *World) State(u UserID) *tg.UpdatesState {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := w.state(u)
	return &s
}

func (w *World) state(u UserID) tg.UpdatesState {
	s := tg.UpdatesState{Pts: first, Qts: first, Seq: first, Date: int(w.now())}
	if b := w.box(u); b != nil {
		s.Pts, s.Qts, s.Seq = b.pts(), b.qts(), b.seq
	}
	return s
}

// channelsOf returns the channels that the account is in, in a fixed order.
func (w *World) channelsOf(u UserID) []*channel {
	var out []*channel
	for _, c := range w.channels {
		if c.isIn(u) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b *channel) int { return cmp.Compare(a.id, b.id) })
	return out
}

// sliceCap is how many updates of a kind one difference holds; what is longer comes in slices.
const sliceCap = 1000

// forget is the pts of a client that has been told that its own is invalid and wants the present one: TDLib does so.
const forget = math.MaxInt32

// Since are a client's positions. A limit of 0 is none.
type Since struct {
	Pts, Qts, Date                    int
	PtsLimit, PtsTotalLimit, QtsLimit int
}

// Difference returns everything after the client's positions, or a slice of it. What has neither pts nor qts comes
// if it is not older than the client's date, with updateChannelTooLong for each channel in which something has
// happened since then: a client may hear twice of one second, but never not at all.
func (w *World) Difference(u UserID, since Since) (tg.UpdatesDifferenceClass, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pass()
	now := w.state(u)
	b := w.box(u)
	switch {
	case since.Pts == 0:
		return nil, refuse(400, "PERSISTENT_TIMESTAMP_EMPTY")
	case since.Date == 0:
		return nil, refuse(400, "DATE_EMPTY")
	case since.Pts >= forget:
		return &tg.UpdatesDifferenceTooLong{Pts: now.Pts}, nil
	case since.Pts > now.Pts, since.Pts < 0, since.Qts > now.Qts, since.Qts < 0:
		return nil, refuse(400, "PERSISTENT_TIMESTAMP_INVALID")
	case since.PtsTotalLimit > 0 && since.Pts+since.PtsTotalLimit < now.Pts,
		b != nil && since.Pts < first+b.droppedNews:
		return &tg.UpdatesDifferenceTooLong{Pts: now.Pts}, nil
	case b == nil:
		return &tg.UpdatesDifferenceEmpty{Date: now.Date, Seq: now.Seq}, nil
	}
	since.Qts = max(since.Qts, first+b.droppedFacts)
	return w.difference(u, b, since, now), nil
}

func (w *World) difference(u UserID, b *box, since Since, now tg.UpdatesState) tg.UpdatesDifferenceClass {
	news := cut(b.news[since.Pts-first-b.droppedNews:], since.PtsLimit)
	facts := cut(b.facts[since.Qts-first-b.droppedFacts:], since.QtsLimit)
	reached := now
	reached.Pts, reached.Qts = since.Pts+len(news), since.Qts+len(facts)
	messages, other := w.missed(u, b, news, since.Pts)
	for i, e := range facts {
		other = append(other, w.render(u, e, since.Qts+i+1))
	}
	named := append(append([]entry(nil), news...), facts...)
	if reached.Pts != now.Pts || reached.Qts != now.Qts {
		// The date stays where it was: what else has happened comes with the last slice.
		reached.Date = since.Date
		users, chats := w.faces(u, named...)
		return &tg.UpdatesDifferenceSlice{
			NewMessages: messages, OtherUpdates: other, Users: users, Chats: chats, IntermediateState: reached,
		}
	}
	rest, who := w.loosely(u, b, since.Date)
	if len(news)+len(facts)+len(rest) == 0 {
		return &tg.UpdatesDifferenceEmpty{Date: now.Date, Seq: now.Seq}
	}
	users, chats := w.faces(u, append(named, who)...)
	return &tg.UpdatesDifference{
		NewMessages: messages, OtherUpdates: append(other, rest...), Users: users, Chats: chats, State: now,
	}
}

// missed returns the messages and the other updates of pts. A message that was deleted meanwhile is left out.
func (w *World) missed(u UserID, b *box, news []entry, pts int) ([]tg.MessageClass, []tg.UpdateClass) {
	var messages []tg.MessageClass
	var other []tg.UpdateClass
	for i, e := range news {
		switch {
		case e.message == nil:
			other = append(other, w.render(u, e, pts+i+1))
		case b.byID[e.message.idOf(u)] != e.message: // deleted
		case e.edited:
			other = append(other, w.render(u, e, pts+i+1))
		default:
			messages = append(messages, e.message.seenBy(u))
		}
	}
	return messages, other
}

// loosely returns what the difference has besides pts and qts, and whom it names.
func (w *World) loosely(u UserID, b *box, since int) ([]tg.UpdateClass, entry) {
	var out []tg.UpdateClass
	var who entry
	for _, l := range b.loose {
		if int(l.date) < since {
			continue
		}
		up, err := tg.DecodeUpdate(&bin.Buffer{Buf: l.wire})
		if err != nil {
			panic("world: decode an update of seq: " + err.Error()) // the world encoded it itself
		}
		out = append(out, up)
		who.users, who.channels, who.chats = append(who.users, l.users...), append(who.channels, l.channels...), append(who.chats, l.chats...)
	}
	for _, c := range w.channelsOf(u) {
		if int(c.told.at) < since {
			continue
		}
		late := &tg.UpdateChannelTooLong{ChannelID: int64(c.id)}
		late.SetPts(c.pts)
		out = append(out, late)
		who.channels = append(who.channels, c.id)
	}
	return out, who
}

// cut returns the first entries, as many as the client's limit and the server's cap allow.
func cut(in []entry, limit int) []entry {
	if limit <= 0 || limit > sliceCap {
		limit = sliceCap
	}
	return in[:min(len(in), limit)]
}
