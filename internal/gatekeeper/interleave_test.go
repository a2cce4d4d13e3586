package gatekeeper_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/internal/tgsim/world"
)

// hearer is a roster that is told a history in some order.
type hearer struct {
	h      *history
	roster *roster.Roster
	now    time.Time
}

// hear opens a roster in which the cast has started the bot, and closes and checks it when done is through.
func (h *history) tellTo(dir string, done func(*hearer)) {
	folder, err := os.MkdirTemp(dir, "")
	require.NoError(h.t, err)
	to := &hearer{h: h, now: historyBegins}
	to.roster, err = roster.Open(filepath.Join(folder, "roster.db"), roster.Options{Now: func() time.Time { return to.now }})
	require.NoError(h.t, err)
	defer func() {
		problems, err := to.roster.Check(context.Background())
		require.NoError(h.t, err)
		require.Empty(h.t, problems, "%s", h)
		require.NoError(h.t, to.roster.Close())
		require.NoError(h.t, os.RemoveAll(folder))
	}()
	h.migrateIn(to)
	require.NoError(h.t, to.roster.Enforce(context.Background(), h.id, true))
	started := membership.Batch{}
	for i, u := range h.cast {
		started.Contacts = append(started.Contacts, membership.Contact{
			User: membership.UserID(u), Kind: membership.Wrote, At: membership.At(historyBegins.Add(-time.Hour)), Ref: uint64(i + 1),
		})
	}
	to.ingest(started)
	done(to)
}

// migrateIn tells what the basic group was, and has it go on as what it became.
func (h *history) migrateIn(to *hearer) {
	if h.title == "" {
		return
	}
	ctx, became := context.Background(), membership.Group{ID: h.id, Kind: membership.Supergroup, Title: h.title}
	to.now = h.early.list.at
	require.NoError(h.t, to.roster.PutGroup(ctx, h.early.group))
	to.walk(h.early.group.ID, h.early.list)
	_, err := to.roster.Migrate(ctx, h.early.group.ID, became)
	require.NoError(h.t, err)
	to.now = historyBegins
}

func (to *hearer) ingest(b membership.Batch) {
	b.Group, b.Bot, b.Owner = to.h.id, membership.UserID(to.h.world.Bot()), membership.UserID(to.h.world.Owner())
	b.Policy = membership.DefaultPolicy()
	_, err := to.roster.Ingest(context.Background(), b)
	require.NoError(to.h.t, err)
}

func (to *hearer) take(told telling) {
	if !told.isWalk {
		to.ingest(membership.Batch{Events: told.events})
		return
	}
	to.walk(to.h.id, told)
}

func (to *hearer) walk(id membership.GroupID, told telling) {
	ctx := context.Background()
	_, err := to.roster.BeginWalk(ctx, id, told.begin)
	require.NoError(to.h.t, err)
	for _, p := range told.pages {
		require.NoError(to.h.t, to.roster.StagePage(ctx, p))
	}
	_, err = to.roster.MergeWalk(ctx, id, membership.DefaultPolicy())
	require.NoError(to.h.t, err)
	_, err = to.roster.FinishWalk(ctx, id, told.total)
	require.NoError(to.h.t, err)
}

// people are the cast, with all that is known of each at the clock's time.
func (to *hearer) people() map[membership.UserID]membership.Person {
	all := map[membership.UserID]membership.Person{}
	for _, u := range to.h.cast {
		p, _, err := to.roster.Person(context.Background(), to.h.id, membership.UserID(u))
		require.NoError(to.h.t, err)
		all[membership.UserID(u)] = p
	}
	return all
}

// agrees holds the cast's standings and access against the truth at the moment.
func (to *hearer) agrees(is truth, why string) {
	to.now = is.at
	for u, p := range to.people() {
		s := p.Standing
		f, was := is.facts[u]
		switch {
		case f.In && why == logAlone && to.h.rules.HastyUnban && s.Presence != membership.In:
			// A ban that is lifted within its second may leave the person inside: the log's word for that is a hint, and orders a look.
			require.Equal(to.h.t, membership.DoubtHint, s.Doubt, "%s: %d, %+v\n%s", why, u, s, to.h)
		case f.In && why == logAlone:
			require.Equal(to.h.t, membership.In, s.Presence, "%s: %d, %+v\n%s", why, u, s, to.h)
		case f.In:
			require.Equal(to.h.t, membership.In, s.Presence, "%s: %d, %+v\n%s", why, u, s, to.h)
			require.Equal(to.h.t, f.Status == "administrator", s.Role == membership.Administrator, "%s: %d, %+v\n%s", why, u, s, to.h)
			require.Equal(to.h.t, f.Status == "restricted", s.Role == membership.Restricted, "%s: %d, %+v\n%s", why, u, s, to.h)
		case was:
			require.Equal(to.h.t, membership.Out, s.Presence, "%s: %d, %+v\n%s", why, u, s, to.h)
			require.Equal(to.h.t, f.Status == "kicked", s.Departure == membership.Banned, "%s: %d, %+v\n%s", why, u, s, to.h)
			if d := is.gone[world.UserID(u)]; d != membership.NoDeparture {
				require.Equal(to.h.t, d, s.Departure, "%s: %d, %+v\n%s", why, u, s, to.h)
			}
		default:
			require.NotEqual(to.h.t, membership.In, s.Presence, "%s: %d, %+v\n%s", why, u, s, to.h)
		}
		to.hasAccess(u, s, why)
	}
}

func (to *hearer) hasAccess(u membership.UserID, s membership.Standing, why string) {
	sub, err := to.roster.Subscriber(context.Background(), to.h.id, u)
	require.NoError(to.h.t, err)
	require.Equal(to.h.t, s.Presence == membership.In, sub.Access == membership.Granted, "%s: access of %d, %+v: %+v\n%s", why, u, s, sub, to.h)
}

// shuffled are the tellings in a drawn order, some twice, but walks one after the other: a roster has one at a time.
func shuffled(t *rapid.T, told []telling) []telling {
	seed := rapid.Uint64().Draw(t, "order")
	rng := rand.New(rand.NewPCG(seed, 1))
	var out []telling
	for _, one := range told {
		out = append(out, one)
		if !one.isWalk && rng.IntN(3) == 0 {
			out = append(out, one)
		}
	}
	rng.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	var walks []telling
	for _, one := range told {
		if one.isWalk {
			walks = append(walks, one)
		}
	}
	for i := range out {
		if out[i].isWalk {
			out[i], walks = walks[0], walks[1:]
		}
	}
	return out
}

// tellAll tells everything at the history's end.
func (to *hearer) tellAll(told []telling) {
	to.now = to.h.at
	for _, one := range told {
		to.take(one)
	}
}

func drawRules(t *rapid.T) world.JoinRules {
	return world.JoinRules{
		ApproverActs: rapid.Bool().Draw(t, "approver acts"), HastyUnban: rapid.Bool().Draw(t, "hasty unban"),
		Nameless: rapid.IntRange(0, 1).Draw(t, "nameless joins in the log"),
	}
}

// What the simulator tells through all sources comes to the same, in whatever order and however often it comes, and to the truth: every standing
// with its evidence, every register that it is made of, every profile.
func TestInterleavedSourcesComeToTheTruth(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t, drawRules(t), 14)
		last := h.truth[len(h.truth)-1]
		var first map[membership.UserID]membership.Person
		h.tellTo(dir, func(to *hearer) {
			to.tellAll(h.told)
			to.knows(last, "in the order of the events")
			first = to.people()
		})
		for range 2 {
			order := shuffled(t, h.told)
			h.tellTo(dir, func(to *hearer) {
				to.tellAll(order)
				require.Equal(t, first, to.people(), "%s", h)
				to.knows(last, "shuffled")
			})
		}
	})
}

// What is lost is lost in whatever order the rest comes: half of what was told comes to the same.
func TestWhatIsLeftOfAHistoryComesToTheSameInAnyOrder(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t, drawRules(t), 14)
		lost := rapid.Uint64().Draw(t, "lost")
		rng := rand.New(rand.NewPCG(lost, 2))
		walks := rng.IntN(2) == 0 // all or none, since they are numbered
		left := slices.DeleteFunc(slices.Clone(h.told), func(one telling) bool {
			if one.isWalk {
				return !walks
			}
			return rng.IntN(2) == 0
		})
		var first map[membership.UserID]membership.Person
		h.tellTo(dir, func(to *hearer) {
			to.tellAll(left)
			first = to.people()
		})
		order := shuffled(t, left)
		h.tellTo(dir, func(to *hearer) {
			to.tellAll(order)
			require.Equal(t, first, to.people(), "%s", h)
		})
	})
}

// While the bot hears everything at once, each moment's standing is the truth, whatever else comes late: the log, walks and lookups are told
// acts afterwards.
func TestAPromptBotIsRightAmongLateSources(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		h := drawHistory(t, drawRules(t), 14)
		late := rapid.IntRange(0, 4).Draw(t, "acts late")
		h.tellTo(dir, func(to *hearer) {
			for i, is := range h.truth {
				to.now = is.at
				for _, one := range h.told {
					if one.from == membership.SourceBotUpdate && one.isAfter == i {
						to.take(one)
					}
				}
				for _, one := range h.told {
					if one.from != membership.SourceBotUpdate && one.isAfter == i-late {
						to.take(one)
					}
				}
				to.knows(is, "as it happened")
			}
		})
	})
}

// knows is agrees for those of whom anything was told by now.
func (to *hearer) knows(is truth, why string) {
	heard := slices.DeleteFunc(slices.Clone(to.h.cast), func(u world.UserID) bool {
		p, _, err := to.roster.Person(context.Background(), to.h.id, membership.UserID(u))
		require.NoError(to.h.t, err)
		return p.Record.IsZero()
	})
	whole := to.h.cast
	to.h.cast = heard
	to.agrees(is, why)
	to.h.cast = whole
}

// logAlone: an event of joining does not say that the person is restricted from an earlier stay.
const logAlone = "by the log alone"

// The admin log alone, read whole and in any order, is the truth about everybody it names.
func TestTheLogAloneComesToTheTruth(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		rules := drawRules(t)
		rules.Nameless = 0
		h := drawHistory(t, rules, 14)
		log := slices.DeleteFunc(shuffled(t, h.told), func(one telling) bool { return one.from != membership.SourceAdminLog })
		h.tellTo(dir, func(to *hearer) {
			to.tellAll(log)
			to.knows(h.truth[len(h.truth)-1], logAlone)
		})
	})
}
