package gatekeeper_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

func (b *brokenRoster) Tell(
	ctx context.Context, g membership.GroupID, change func(*membership.Watch) membership.Saying,
) (membership.Saying, error) {
	if err := b.fail("Tell"); err != nil {
		return membership.Saying{}, err
	}
	return b.Roster.Tell(ctx, g, change)
}

// toPost makes the bot an administrator, or none, as its own updates tell.
func (h *house) toPost(rights membership.Rights) {
	h.t.Helper()
	s := member
	if rights.Admin {
		s = administrator
	}
	h.bot.set(func(b *fakeBot) { b.rights = rights })
	h.ingest(membership.Batch{Rights: &rights, Events: []membership.Event{h.by(mallory, theBot, s)}})
}

// posts are the messages to the owner about what the bot is in the group, oldest first.
func (h *house) posts() (texts []string) {
	for _, text := range slices.Backward(h.notices()) {
		if strings.Contains(text, "The bot is ") {
			texts = append(texts, text)
		}
	}
	return texts
}

// Somebody takes the bot's place away and gives it back for hours: each time is on record, the owner gets few messages, and the last one says how
// it ended.
func TestAPlaceThatIsTakenAndGivenBackForHoursIsToldOnceAnHour(t *testing.T) {
	for name, last := range map[string]membership.Rights{"and is the bot's in the end": {Admin: true}, "and is not": {}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := guarded(t)
				const hours, changes = 4, 48
				for i := range changes {
					h.toPost(membership.Rights{Admin: i%2 == 1})
					pass(hours * time.Hour / changes)
				}
				h.toPost(membership.Rights{})
				pass(5 * time.Minute)
				h.toPost(last)
				pass(5 * time.Minute)
				recorded := len(h.notes(membership.NoteRights)) + len(h.notes(membership.NoteMissed))
				require.GreaterOrEqual(t, recorded, changes+1, "every change is on record")
				sent := h.posts()
				require.Greater(t, len(sent), hours)
				require.LessOrEqual(t, len(sent), 3+hours)
				require.Contains(t, sent[0], "The bot is not an administrator of the group any more (by @mallory)")
				require.Contains(t, sent[1], "The bot is an administrator of the group again")
				pass(2 * time.Hour)
				require.Len(t, h.posts(), len(sent)+1, "one more, with what was held")
				text := h.posts()[len(sent)]
				require.Contains(t, text, "What the bot is in the group changed ")
				if last.Admin {
					require.Contains(t, text, "Now: The bot is an administrator of the group.")
				} else {
					require.Contains(t, text, "Now: The bot is not an administrator of the group any more.")
				}
				require.Equal(t, recorded, len(h.notes(membership.NoteRights))+len(h.notes(membership.NoteMissed)))
			})
		})
	}
}

// A roster that fails while something is said says all of it the next time, and that once.
func TestWhatCouldNotBeNotedIsToldOnceByTheNextRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken *brokenRoster
		h := build(t, func(c *gatekeeper.Config) { c.OwnerID = theOwner }, armed("Tell", 1<<40, &broken))
		h.bot.set(func(b *fakeBot) { b.lookUp = says(administrator) })
		h.owner.has(3)
		h.ingest(membership.Batch{Profiles: []membership.Profile{{User: mallory, FirstName: "M", Username: "mallory"}}})
		h.attend()
		h.follow()
		stop := h.start(h.keeper.Watch)
		pass(2 * time.Minute)
		broken.good.Store(0)
		h.toPost(membership.Rights{})
		pass(time.Minute)
		require.ErrorIs(t, stop(), errDisk)
		require.Empty(t, h.notes(membership.NoteRights))
		require.Empty(t, h.posts())
		broken.good.Store(1 << 40)
		h.start(h.keeper.Watch)
		pass(5 * time.Minute)
		require.Len(t, h.notes(membership.NoteRights), 1)
		require.Equal(t, h.notes(membership.NoteRights), h.posts())
	})
}

// The bot's own removal and return are not what it missed, and who is kicked is not banned, in whatever order the log tells.
func TestWhatWasMissedIsWhatOthersDid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarded(t)
		out := membership.State{Presence: membership.Out, Departure: membership.Banned}
		h.bot.set(func(b *fakeBot) { b.rights, b.refused = membership.Rights{}, refusal(membership.ErrorGroupGone) })
		h.ingest(membership.Batch{Rights: &membership.Rights{}, Events: []membership.Event{h.by(mallory, theBot, out)}})
		require.Equal(t, membership.Stale, h.mode())
		modes := h.notes(membership.NoteMode)
		require.Contains(t, modes[len(modes)-1], "the bot is not in the group", "the mode's reason is the removal")
		pass(time.Minute)
		banned, lifted := h.by(mallory, ann, out), h.by(mallory, ann, membership.State{Presence: membership.Out, Departure: membership.Left, Lifted: true})
		banned.Moved, lifted.Moved = true, false
		back := h.by(mallory, theBot, administrator)
		back.Moved = true
		for i, e := range []*membership.Event{&banned, &lifted, &back} {
			e.Evidence.Source, e.Evidence.Origin, e.Evidence.Ref = membership.SourceAdminLog, 0, 7000+uint64(i)
		}
		h.owner.set(func(g *fakeGroup) { g.log = append(g.log, banned, lifted, back) })
		pass(time.Minute)
		h.bot.set(func(b *fakeBot) { b.rights, b.refused = membership.Rights{Admin: true}, nil })
		h.toPost(membership.Rights{Admin: true})
		pass(2 * time.Minute)
		require.Equal(t, []string{"The bot is an administrator of the group again. Meanwhile, by the admin log: 1 removed."}, h.notes(membership.NoteMissed))
	})
}

// Lost again before it could be said what was missed: it is said with the next return, of all the time since the first loss.
func TestAnAbsenceThatWasNotToldIsToldWithTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarded(t)
		h.owner.set(func(g *fakeGroup) { g.refusesTail = refusal(membership.ErrorTemporary) }) // the log cannot be read for a while
		h.toPost(membership.Rights{})
		pass(2 * time.Minute)
		gone := h.by(ann, ann, left)
		gone.Evidence.Source, gone.Evidence.Origin, gone.Evidence.Ref = membership.SourceAdminLog, 0, 7000
		h.owner.set(func(g *fakeGroup) { g.log = append(g.log, gone) })
		pass(time.Minute)
		h.toPost(membership.Rights{Admin: true})
		pass(15 * time.Second)
		h.toPost(membership.Rights{})
		pass(time.Minute)
		require.Empty(t, h.notes(membership.NoteMissed))
		require.Len(t, h.notes(membership.NoteRights), 2, "both losses are told")
		h.owner.set(func(g *fakeGroup) { g.refusesTail = nil })
		h.toPost(membership.Rights{Admin: true})
		pass(3 * time.Minute)
		require.Equal(t, []string{"The bot is an administrator of the group again. Meanwhile, by the admin log: 1 left."}, h.notes(membership.NoteMissed))
	})
}

// An owner whose account is out as well is not told that it looks after the group meanwhile.
func TestALossOfBothAccountsPromisesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarded(t)
		h.bot.set(func(b *fakeBot) {
			b.lookUp = says(membership.State{Presence: membership.Out, Departure: membership.Left})
		})
		h.owner.set(func(g *fakeGroup) { g.demoted, g.refusesTail = true, refusal(membership.ErrorRightMissing) })
		pass(3 * time.Minute)
		require.Contains(t, h.notes(membership.NoteRights)[0], "Your account is not in the group any more. ")
		require.Contains(t, h.notes(membership.NoteRights)[0], "Meanwhile the bot goes on hearing who joins and leaves.")
		h.toPost(membership.Rights{})
		pass(3 * time.Minute)
		require.Contains(t, h.notes(membership.NoteRights)[1], "Nor can your account tell who joins and leaves: nobody does.")
	})
}
