package membership_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
)

// A course is what one person truly does in a group and towards the bot, by the millisecond, and what Telegram tells of it. The tests
// below deliver that in all the ways in which it may come, and compare with the truth.
type course struct {
	now   int // milliseconds after t0
	truth truth
	past  []truth // each from its at on
	facts []fact
	qts   uint64
	logID uint64
}

// truth is how things are from at on.
type truth struct {
	at       int
	in       bool
	role     membership.Role
	muted    bool // stays with who leaves
	banned   bool
	bannedAt int
	joined   int
	went     membership.Departure
	blocked  bool
}

// fact is one thing that Rollcall is told, and when at the earliest.
type fact struct {
	at       int
	event    *membership.Event
	sighting *membership.Sighting
	contact  *membership.Contact
	log      bool
}

func second(ms int) membership.Instant {
	if ms < 0 {
		ms -= 999
	}
	return t0 + membership.Instant(ms/1000)
}

func drawCourse(t *rapid.T) *course {
	c := &course{truth: truth{in: rapid.Bool().Draw(t, "in at first"), role: membership.Member, joined: -1_000_000, went: membership.NoDeparture}}
	c.past = append(c.past, c.truth)
	if c.truth.in {
		s := row(second(-900_000), second(c.truth.joined), isMember)
		c.facts = append(c.facts, fact{at: -900_000, sighting: &s})
	}
	c.facts = append(c.facts, fact{at: -800_000, contact: &membership.Contact{User: ann, Kind: membership.Wrote, At: second(-800_000), Ref: 1}})
	for range rapid.IntRange(1, 12).Draw(t, "steps") {
		c.now += rapid.OneOf(rapid.IntRange(0, 50), rapid.IntRange(0, 900), rapid.IntRange(0, 3000), rapid.IntRange(3000, 90_000)).Draw(t, "pause")
		c.step(t)
	}
	slices.SortStableFunc(c.facts, func(a, b fact) int { return a.at - b.at })
	return c
}

// step is one act that is possible now, or one question.
func (c *course) step(t *rapid.T) {
	switch rapid.SampledFrom([]string{"come", "go", "kick", "ban", "unban", "mute", "promote", "block", "lookup", "lookup", "row"}).Draw(t, "step") {
	case "come":
		if !c.truth.in && !c.truth.banned {
			c.becomes(t, func(n *truth) {
				n.in, n.role, n.joined = true, membership.Member, c.now
				if n.muted {
					n.role = membership.Restricted
				}
			}, false)
		}
	case "go":
		if c.truth.in {
			c.becomes(t, func(n *truth) { n.in, n.went = false, membership.Left }, false)
		}
	case "kick":
		if c.truth.in {
			c.ban(t)
			c.now += rapid.IntRange(0, 1500).Draw(t, "until the lift")
			c.lift(t)
		}
	case "ban":
		if !c.truth.banned {
			c.ban(t)
		}
	case "unban":
		if c.truth.banned {
			c.lift(t)
		}
	case "mute":
		if c.truth.in {
			c.becomes(t, func(n *truth) { n.muted, n.role = true, membership.Restricted }, false)
		}
	case "promote":
		if c.truth.in {
			c.becomes(t, func(n *truth) { n.muted, n.role = false, membership.Administrator }, false)
		}
	case "block":
		c.block()
	case "lookup":
		c.lookUp(t)
	case "row":
		c.list(t)
	}
}

func (c *course) ban(t *rapid.T) {
	c.becomes(t, func(n *truth) {
		n.in, n.muted, n.banned, n.bannedAt, n.went = false, false, true, c.now, membership.Banned
	}, false)
}

func (c *course) lift(t *rapid.T) {
	went := membership.Left
	if second(c.now).Sub(second(c.truth.bannedAt)) <= membership.KickWindow {
		went = membership.Kicked
	}
	c.becomes(t, func(n *truth) { n.banned, n.went = false, went }, true)
}

// becomes changes the truth; the bot and the admin log tell of it.
func (c *course) becomes(t *rapid.T, change func(*truth), lifted bool) {
	before := c.truth
	change(&c.truth)
	c.truth.at = c.now
	c.past = append(c.past, c.truth)
	s := c.truth.state()
	s.Lifted = lifted
	e := direct(membership.SourceBotUpdate, c.qts, second(c.now), s)
	e.Moved = before.in != c.truth.in
	c.qts++
	e.Evidence.Ref = c.qts
	logged := e
	c.logID++
	logged.Evidence.Source, logged.Evidence.Ref = membership.SourceAdminLog, c.logID
	c.facts = append(c.facts, fact{at: c.now, event: &e})
	c.facts = append(c.facts, fact{at: c.now + rapid.IntRange(0, 60_000).Draw(t, "log read after"), event: &logged, log: true})
}

func (n truth) state() membership.State {
	switch {
	case n.in:
		return membership.State{Presence: membership.In, Role: n.role}
	case n.banned:
		return isBanned
	}
	return isLeft
}

func (c *course) block() {
	c.truth.blocked = !c.truth.blocked
	c.truth.at = c.now
	c.past = append(c.past, c.truth)
	kind := membership.Restarted
	if c.truth.blocked {
		kind = membership.Stopped
	}
	c.qts++
	c.facts = append(c.facts, fact{at: c.now, contact: &membership.Contact{User: ann, Kind: kind, At: second(c.now), Ref: c.qts}})
}

// lookUp asks now, by a clock that may be off by as much as a connection leaves open, and is answered at once or much later.
func (c *course) lookUp(t *rapid.T) {
	stamp := c.now + rapid.OneOf(rapid.IntRange(-1900, 1900), rapid.SampledFrom([]int{-1900, 0, 1900})).Draw(t, "clock off")
	e := direct(membership.SourceLookup, uint64(1<<40+stamp*1000+c.now%1000), second(stamp), c.truth.state())
	c.facts = append(c.facts, fact{at: c.now + rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 8000)).Draw(t, "answered after"), event: &e})
}

// list is a row of a list that lags behind.
func (c *course) list(t *rapid.T) {
	n := c.was(c.now - rapid.IntRange(0, 50_000).Draw(t, "lag"))
	s := row(second(c.now), second(n.joined), n.state())
	s.Row = uint32(len(c.facts))
	switch {
	case n.banned:
		s.Date = second(n.bannedAt)
	case n.in && n.role == membership.Administrator:
		s.Date = 0
	case !n.in && !n.muted:
		return // nobody is listed who is simply not there
	}
	c.facts = append(c.facts, fact{at: c.now, sighting: &s})
}

// was is how things were at a moment.
func (c *course) was(ms int) truth {
	n := c.past[0]
	for _, p := range c.past {
		if p.at <= ms {
			n = p
		}
	}
	return n
}

// house is the roster's part in small: the record, the subscriber, and what follows for the access.
type house struct {
	record     membership.Record
	subscriber membership.Subscriber
}

func (h *house) take(f fact, now membership.Instant) membership.Standing {
	before := h.record.Standing(now)
	switch {
	case f.event != nil:
		h.record.Apply(*f.event)
	case f.sighting != nil:
		h.record.See(*f.sighting)
	case f.contact != nil:
		h.subscriber = h.subscriber.Hear(*f.contact)
	}
	after := h.record.Standing(now)
	for _, a := range membership.Consequences(membership.Change{User: ann, Before: before, After: after, Subscriber: h.subscriber, Now: now}) {
		switch a.Verb {
		case membership.Revoke:
			h.subscriber.Access = membership.Revoked
		case membership.Restore:
			h.subscriber.Access = membership.Granted
		case membership.Tell:
		}
		h.subscriber.AccessSince, h.subscriber.Reason = a.At, a.Reason
	}
	h.subscriber = h.subscriber.Explain(after)
	return after
}

// follows requires that the access is what the truth gives. An administrator's is never taken, and none is given to a closed dialog.
func (h *house) follows(t *rapid.T, n truth, told []fact) {
	if h.subscriber.IsZero() || (n.in && n.role == membership.Administrator && n.blocked) {
		return
	}
	require.Equal(t, n.in && !n.blocked, h.subscriber.Access == membership.Granted, "access at %d, of\n%s", n.at, tell(told))
}

func (f fact) String() string {
	switch {
	case f.event != nil:
		e := f.event
		return fmt.Sprintf("%6d %s %d dated %d: %+v moved %v", f.at, e.Evidence.Source, e.Evidence.Ref, e.Evidence.At-t0, e.State, e.Moved)
	case f.sighting != nil:
		return fmt.Sprintf("%6d row dated %d read %d: %+v", f.at, f.sighting.Date-t0, f.sighting.Read-t0, f.sighting.State)
	}
	return fmt.Sprintf("%6d contact %d", f.at, f.contact.Kind)
}

func tell(facts []fact) string {
	var story strings.Builder
	for _, f := range facts {
		story.WriteString(f.String() + "\n")
	}
	return story.String()
}

// While the bot hears of everything as it happens, nothing that anybody else says, early, late, by a wrong clock or twice, makes
// the roster differ from the truth for a moment: nobody who is in is refused, nobody who is out is served.
func TestAPromptFeedIsTheTruthAtEveryMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCourse(t)
		var h house
		for i, f := range c.facts {
			s := h.take(f, second(f.at))
			if again := rapid.IntRange(0, i).Draw(t, "heard again"); rapid.Bool().Draw(t, "again") && c.facts[again].contact == nil {
				s = h.take(c.facts[again], second(f.at))
			}
			if i+1 < len(c.facts) && c.facts[i+1].at == f.at {
				continue // of one millisecond
			}
			want := c.was(f.at)
			if s.Presence == membership.Unknown {
				require.False(t, want.in)
				continue
			}
			require.Equal(t, want.in, s.Presence == membership.In, "at %d, of\n%s", f.at, tell(c.facts[:i+1]))
			if !want.in && want.went != membership.NoDeparture {
				require.Equal(t, want.went, s.Departure, "at %d, of\n%s", f.at, tell(c.facts[:i+1]))
			}
			h.follows(t, want, c.facts[:i+1])
		}
	})
}

// However late and disordered everything comes, once it has the standing is the truth, by the bot's updates or by the log alone;
// and one more lookup, later, leaves no doubt.
func TestWhenAllIsToldTheStandingIsTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawCourse(t)
		without := rapid.SampledFrom([]membership.Source{membership.NoSource, membership.SourceBotUpdate, membership.SourceAdminLog}).Draw(t, "without")
		facts := slices.DeleteFunc(slices.Clone(c.facts), func(f fact) bool { return f.event != nil && f.event.Evidence.Source == without })
		shuffled := rapid.Permutation(append(slices.Clone(facts), facts...)).Draw(t, "order")
		slices.SortStableFunc(shuffled, func(a, b fact) int { // contacts come in order: another test's matter
			if a.contact != nil && b.contact != nil {
				return a.at - b.at
			}
			return 0
		})
		var h house
		now := second(c.now) + 60
		for _, f := range shuffled {
			if f.event != nil || f.sighting != nil {
				h.take(f, now)
			}
		}
		for _, f := range c.facts {
			if f.contact != nil {
				h.take(f, now)
			}
		}
		s := h.record.Standing(now)
		if s.Presence != membership.Unknown {
			require.Equal(t, c.truth.in, s.Presence == membership.In, "without %s, of\n%s", without, tell(facts))
		}
		look := direct(membership.SourceLookup, 1<<50, second(c.now)+4, c.truth.state())
		s = h.take(fact{event: &look}, now)
		require.Equal(t, c.truth.in, s.Presence == membership.In)
		require.NotEqual(t, membership.DoubtTie, s.Doubt)
		h.follows(t, c.truth, shuffled)
	})
}
