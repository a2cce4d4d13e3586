package main

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

// logQuestion asks what happened. An empty field lets everything through.
type logQuestion struct {
	Group string             `json:"group"`
	Kinds []string           `json:"kinds"`
	User  string             `json:"user"`
	Actor string             `json:"actor"`
	Since membership.Instant `json:"since"`
	Until membership.Instant `json:"until"`
	Text  string             `json:"text"`
	Limit int                `json:"limit"` // the newest so many; 0: all
	After logCursor          `json:"after"`
	// Follow says that After goes on being asked for: what is still being read of the admin log waits until it is whole, since it is read backwards.
	Follow bool `json:"follow"`
}

// logCursor is up to where each of the three was read.
type logCursor struct {
	Event uint64 `json:"event"`
	Note  uint64 `json:"note"`
	Entry int64  `json:"entry"`
}

// logAnswer is what happened, oldest first.
type logAnswer struct {
	Entries []logView `json:"entries"`
	Next    logCursor `json:"next"`
	Running bool      `json:"running"`
}

// logView is an entry of the ledger, of the notes, or of the admin log.
type logView struct {
	At        membership.Instant `json:"at"`
	From      logSource          `json:"from"`
	ID        uint64             `json:"id"` // the ledger's seq, the note's, or the admin log's event id
	Kind      string             `json:"kind"`
	User      *membership.UserID `json:"user"`
	UserName  *string            `json:"user_name"`
	Actor     *membership.UserID `json:"actor"`
	ActorName *string            `json:"actor_name"`
	Was       *string            `json:"was"` // the text that stood there before, of what has one
	Text      *string            `json:"text"`
	Evidence  *report.Evidence   `json:"evidence"` // of the ledger's
	// Also is the other telling of the same happening, where the bot's update and the admin log both told it.
	Also *report.Evidence `json:"also"`
}

// logSource is which of the three an entry is of.
type logSource string

// The sources of the log.
const (
	logLedger   logSource = "ledger"
	logNotes    logSource = "notes"
	logAdminLog logSource = "admin_log"
)

var askLog = newErrand("log", func(ctx context.Context, d desk, q logQuestion) (s stated[logAnswer], err error) {
	d = d.at(q.Group)
	g, err := d.theGroup(ctx)
	if err != nil {
		return s, err
	}
	c := clerk{desk: d, group: g.ID, ask: q, next: q.After, names: map[membership.UserID]string{}}
	for _, ref := range []struct {
		text string
		user *membership.UserID
	}{{q.User, &c.user}, {q.Actor, &c.actor}} {
		if ref.text != "" {
			if *ref.user, err = d.findUser(ctx, g, ref.text); err != nil {
				return s, err
			}
		}
	}
	if err := c.read(ctx); err != nil {
		return s, err
	}
	if s.Answer.Entries, err = c.found(ctx); err != nil {
		return s, err
	}
	s.Answer.Next, s.Answer.Running = c.next, d.live != nil
	if s.Meta, err = d.meta(ctx, g); err != nil {
		return s, err
	}
	until := q.Until
	if until == 0 {
		until = s.Meta.AsOf
	}
	s.Meta.Gaps = gapsWithin(s.Meta.Freshness.Gaps, q.Since, until)
	return s, nil
})

// read reads the three books from where they were read up to.
func (c *clerk) read(ctx context.Context) error {
	if err := c.lookForCursor(ctx); err != nil {
		return err
	}
	for _, read := range []func(context.Context) error{c.ledger, c.notes, c.adminLog} {
		if err := read(ctx); err != nil {
			return err
		}
	}
	return nil
}

// lookForCursor goes to the end of the books where they are shorter than they were when they were read: an older copy was put in their place.
func (c *clerk) lookForCursor(ctx context.Context) error {
	if c.next.Event == 0 {
		return nil
	}
	last, err := c.desk.roster.Events(ctx, c.group, c.next.Event-1, 1)
	if err != nil || len(last) > 0 {
		return err
	}
	c.next, c.passing = logCursor{}, true
	return nil
}

// clerk picks from the three books what was asked for.
type clerk struct {
	desk        desk
	group       membership.GroupID
	ask         logQuestion
	user, actor membership.UserID
	next        logCursor
	entries     []logView
	names       map[membership.UserID]string
	passing     bool // to the end, and takes nothing
}

// logChunk is how many entries are read in one transaction.
const logChunk = 1000

func (c *clerk) ledger(ctx context.Context) error {
	for {
		events, err := c.desk.roster.Events(ctx, c.group, c.next.Event, logChunk)
		if err != nil || len(events) == 0 {
			return err
		}
		for _, e := range events {
			c.next.Event = e.Seq
			v := viewLogged(e)
			if told, err := c.toldBefore(ctx, v); err != nil || told {
				if err != nil {
					return err
				}
				continue
			}
			if err := c.take(ctx, v); err != nil {
				return err
			}
		}
	}
}

func viewLogged(e membership.Event) logView {
	return logView{
		At: e.Evidence.At, From: logLedger, ID: e.Seq, Kind: eventKind(e), User: orNull(e.User), Actor: orNull(e.Evidence.Actor),
		Evidence: report.EvidenceOf(e.Evidence),
	}
}

func (c *clerk) notes(ctx context.Context) error {
	for {
		notes, err := c.desk.roster.Notes(ctx, c.group, c.next.Note, logChunk)
		if err != nil || len(notes) == 0 {
			return err
		}
		for _, n := range notes {
			c.next.Note = n.Seq
			v := logView{
				At: n.At, From: logNotes, ID: n.Seq, Kind: n.Kind.String(), User: orNull(n.User), Actor: orNull(n.Actor), Text: orNull(n.Text),
			}
			if err := c.take(ctx, v); err != nil {
				return err
			}
		}
	}
}

// adminLog leaves out what the ledger has too, under the same id.
func (c *clerk) adminLog(ctx context.Context) error {
	whole := int64(math.MaxInt64) // up to where it is
	if tail, err := c.desk.roster.Tail(ctx, c.group); err != nil {
		return err
	} else if c.ask.Follow && tail.Open.Top != 0 {
		whole = tail.LastID
	}
	for {
		entries, err := c.desk.roster.AdminLog(ctx, c.group, c.next.Entry, logChunk)
		if err != nil || len(entries) == 0 {
			return err
		}
		for _, e := range entries {
			if e.ID > whole {
				return nil
			}
			c.next.Entry = e.ID
			if e.Kind != membership.LogOther && e.Kind <= membership.LogDemoted {
				continue
			}
			v := logView{
				At: e.At, From: logAdminLog, ID: uint64(e.ID), Kind: e.Kind.String(), User: orNull(e.User), Actor: orNull(e.Actor), Was: orNull(e.Was),
				Text: orNull(e.Text),
			}
			if err := c.take(ctx, v); err != nil {
				return err
			}
		}
	}
}

// take keeps an entry that was asked for.
func (c *clerk) take(ctx context.Context, v logView) error {
	if wanted, err := c.wants(ctx, &v); err != nil || !wanted {
		return err
	}
	c.entries = append(c.entries, v)
	if n := 2*c.ask.Limit + logChunk; c.ask.Limit > 0 && len(c.entries) >= 2*n { // two may be one, and what tells of the oldest lies together
		c.cut(n)
	}
	return nil
}

// wants says whether an entry was asked for.
func (c *clerk) wants(ctx context.Context, v *logView) (bool, error) {
	q := &c.ask
	switch {
	case c.passing,
		len(q.Kinds) > 0 && !slices.Contains(q.Kinds, v.Kind),
		c.user != 0 && orZero(v.User) != c.user,
		c.actor != 0 && orZero(v.Actor) != c.actor,
		q.Since != 0 && v.At < q.Since,
		q.Until != 0 && v.At > q.Until:
		return false, nil
	case q.Text == "":
		return true, nil
	}
	err := c.name(ctx, v)
	return v.speaksOf(q.Text), err
}

// speaksOf says whether a text of the entry has the words, in any case.
func (v *logView) speaksOf(words string) bool {
	words = strings.ToLower(words)
	return slices.ContainsFunc([]*string{v.UserName, v.ActorName, v.Was, v.Text}, func(text *string) bool {
		return strings.Contains(strings.ToLower(orZero(text)), words)
	})
}

// cut leaves the newest n of the entries, oldest first.
func (c *clerk) cut(n int) {
	slices.SortStableFunc(c.entries, func(a, b logView) int { return cmp.Compare(a.At, b.At) })
	if n > 0 && len(c.entries) > n {
		c.entries = slices.Delete(c.entries, 0, len(c.entries)-n)
	}
}

// found are the newest of the entries, in the order in which they happened, with the names of their people.
func (c *clerk) found(ctx context.Context) ([]logView, error) {
	c.cut(0)
	var ordered []logView
	for rest := c.entries; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].At == rest[0].At {
			n++
		}
		ordered, rest = append(ordered, inOrder(paired(rest[:n:n]))...), rest[n:]
	}
	c.entries = ordered
	c.cut(c.ask.Limit)
	for i := range c.entries {
		if err := c.name(ctx, &c.entries[i]); err != nil {
			return nil, err
		}
	}
	return c.entries, nil
}

// name enters what the people of an entry are called today.
func (c *clerk) name(ctx context.Context, v *logView) (err error) {
	if v.UserName, err = c.nameOf(ctx, v.User); err == nil {
		v.ActorName, err = c.nameOf(ctx, v.Actor)
	}
	return err
}

func (c *clerk) nameOf(ctx context.Context, user *membership.UserID) (*string, error) {
	if user == nil {
		return nil, nil
	}
	name, known := c.names[*user]
	if !known {
		p, ok, err := c.desk.roster.Person(ctx, c.group, *user)
		if err != nil {
			return nil, err
		}
		if ok && p.Known {
			name = personName(p.Profile)
		}
		c.names[*user] = name
	}
	return orNull(name), nil
}

// The kinds of the ledger's events.
const (
	eventActive     = "active"
	eventJoined     = "joined"
	eventMember     = "member"
	eventPromoted   = "promoted"
	eventRestricted = "restricted"
	eventFoundIn    = "found-in"
	eventLeft       = "left"
	eventKicked     = "kicked"
	eventBanned     = "banned"
	eventUnbanned   = "unbanned"
	eventFoundOut   = "found-out"
)

var eventKinds = []string{
	eventActive, eventJoined, eventMember, eventPromoted, eventRestricted, eventFoundIn, eventLeft, eventKicked, eventBanned, eventUnbanned, eventFoundOut,
}

// eventKind is an event in one word: what happened, or how somebody was found to be.
func eventKind(e membership.Event) string {
	found := !e.Moved && (e.Evidence.Source == membership.SourceLookup || e.Evidence.Source == membership.SourceList)
	switch {
	case e.Evidence.Grade == membership.GradeC || e.State.Presence == membership.Unknown:
		return eventActive
	case e.State.Presence == membership.In:
		return kindIn(e, found)
	case found:
		return eventFoundOut
	case e.State.Lifted:
		return eventUnbanned
	case e.State.Departure == membership.Banned:
		return eventBanned
	case e.State.Departure == membership.Kicked:
		return eventKicked
	}
	return eventLeft
}

func kindIn(e membership.Event, found bool) string {
	switch {
	case found:
		return eventFoundIn
	case e.Moved:
		return eventJoined
	case e.State.Role == membership.Restricted:
		return eventRestricted
	case e.State.Role == membership.Administrator || e.State.Role == membership.Creator:
		return eventPromoted
	}
	return eventMember
}
