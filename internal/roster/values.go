package roster

import (
	"slices"

	"rollcall/internal/membership"
)

// value is a record that lists its fields for both directions.
type value interface{ fields(w *wire) }

func encode(v value) []byte {
	w := writer(64)
	v.fields(w)
	return seal(w.b)
}

func decode(b []byte, v value, what string) error {
	w, err := reader(b)
	if err != nil {
		return err
	}
	v.fields(w)
	return w.done(what)
}

// profileValue is a profile and when it was learnt: of two the one learnt later stands.
type profileValue struct {
	membership.Profile
	Learnt membership.Instant
}

func (p *profileValue) fields(w *wire) {
	w.profile(&p.Profile)
	signed(w, &p.Learnt)
}

// appendProfile appends the value to b.
func appendProfile(b []byte, p *profileValue) []byte {
	w := wire{b: append(b, version)}
	p.fields(&w)
	return w.b
}

func decodeProfile(b []byte, p *profileValue) error {
	b, err := unversioned(b)
	if err != nil {
		return err
	}
	w := wire{b: b, reading: true, whole: string(b)}
	p.fields(&w)
	return w.done("a profile")
}

// profile leaves out the person, who is the key.
func (w *wire) profile(p *membership.Profile) {
	var f packed
	if !w.reading {
		packFlag(&f, p.Bot)
		packFlag(&f, p.Deleted)
		packFlag(&f, p.Min)
	}
	w.uint(&f.v)
	if w.reading {
		if f.v >= 1<<3 {
			w.bad = true
		}
		unpackFlag(&f, &p.Bot)
		unpackFlag(&f, &p.Deleted)
		unpackFlag(&f, &p.Min)
	}
	w.text(&p.FirstName)
	w.text(&p.LastName)
	w.text(&p.Username)
}

type subscriberValue membership.Subscriber

func (s *subscriberValue) fields(w *wire) {
	word(w, &s.Dialog, membership.DialogDeactivated)
	word(w, &s.Access, membership.Revoked)
	signed(w, &s.DialogSince)
	w.uint(&s.DialogRef)
	signed(w, &s.AccessSince)
	w.reason(&s.Reason)
	w.uint(&s.Cause)
	w.text(&s.Payload)
	signed(w, &s.Started)
	signed(w, &s.Heard)
}

// reasons are the known reasons by the number under which they are stored. Only append.
var reasons = []membership.Reason{
	"", membership.ReasonMember, membership.ReasonReturned, membership.ReasonJoined, membership.ReasonUnblocked,
	membership.ReasonUndone, membership.ReasonAllowed, membership.ReasonNotYet, membership.ReasonLeft, membership.ReasonKicked,
	membership.ReasonBanned, membership.ReasonBlocked, membership.ReasonDeactivated,
}

// reason is a known reason's number plus one, or 0 and the words of another.
func (w *wire) reason(r *membership.Reason) {
	n := uint64(slices.Index(reasons, *r) + 1)
	w.uint(&n)
	switch {
	case n == 0:
		text := string(*r)
		w.text(&text)
		*r = membership.Reason(text)
	case n > uint64(len(reasons)):
		w.bad = true
	default:
		*r = reasons[n-1]
	}
}

type actionValue membership.Action

func (a *actionValue) fields(w *wire) {
	word(w, &a.Verb, membership.Notice)
	word(w, &a.State, membership.ActionUndone)
	signed(w, &a.Group)
	signed(w, &a.User)
	w.reason(&a.Reason)
	w.uint(&a.Cause)
	signed(w, &a.At)
	w.text(&a.Plan)
	w.text(&a.Text)
	signed(w, &a.Tries)
	signed(w, &a.NotBefore)
	w.text(&a.Error)
}

// dueValue is a reply that is due, with the group whose gate answers it.
type dueValue struct {
	Group membership.GroupID
	Reply membership.Reply
}

func (d *dueValue) fields(w *wire) {
	signed(w, &d.Group)
	r := &d.Reply
	signed(w, &r.Bot)
	signed(w, &r.User)
	word(w, &r.Kind, membership.ReplyCallback)
	signed(w, &r.Message)
	signed(w, &r.Query)
	w.text(&r.Payload)
	w.text(&r.Data)
	signed(w, &r.Asked)
}

type groupValue membership.Group

func (g *groupValue) fields(w *wire) {
	signed(w, &g.ID)
	word(w, &g.Kind, membership.Channel)
	w.text(&g.Title)
	w.text(&g.Username)
	signed(w, &g.Total)
	signed(w, &g.AccessHash)
	w.flag(&g.Creator)
	w.flag(&g.Admin)
	w.flag(&g.Rights.Admin)
	w.flag(&g.Rights.BanUsers)
	w.flag(&g.Rights.InviteUsers)
}

type sourcesValue membership.Sources

func (s *sourcesValue) fields(w *wire) {
	w.flag(&s.BotAdmin)
	signed(w, &s.BotFeed)
	signed(w, &s.FeedFrom)
	signed(w, &s.AdminLog)
	signed(w, &s.Walk)
	w.flag(&s.BotOut)
	signed(w, &s.Bot)
	if w.reading && len(w.b) == 0 {
		return // from before basic groups' lists were a source, and where the bot stands was kept
	}
	signed(w, &s.List)
	word(w, &s.Link, membership.SignedOut)
	signed(w, &s.LinkAt)
	w.flag(&s.OwnerOut)
}

// list writes or reads a slice; what was read is never nil.
func list[T any](w *wire, s *[]T, item func(*wire, *T)) {
	n := w.count(len(*s))
	if w.reading {
		*s = make([]T, n)
	}
	for i := range *s {
		item(w, &(*s)[i])
	}
}

type tailValue membership.Tail

func (t *tailValue) fields(w *wire) {
	signed(w, &t.LastID)
	signed(w, &t.Read)
	signed(w, &t.LastDate)
	if w.reading && len(w.b) == 0 {
		return // of layout 5, which had no open reads
	}
	signed(w, &t.Open.Top)
	signed(w, &t.Open.TopDate)
	signed(w, &t.Open.Below)
	signed(w, &t.Open.BelowDate)
	signed(w, &t.Open.Begun)
}

type botStateValue membership.BotState

func (s *botStateValue) fields(w *wire) {
	signed(w, &s.Pts)
	signed(w, &s.Qts)
	signed(w, &s.Date)
	signed(w, &s.Seq)
}

type flagValue bool

func (f *flagValue) fields(w *wire) { w.flag((*bool)(f)) }

type numberValue uint64

func (n *numberValue) fields(w *wire) { w.uint((*uint64)(n)) }
