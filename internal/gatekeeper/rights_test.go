package gatekeeper_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/gatekeeper"
	"rollcall/internal/membership"
)

const mallory = membership.UserID(666)

var administrator = membership.State{Presence: membership.In, Role: membership.Administrator}

// guarded is a house in which everything runs, and both accounts are administrators.
func guarded(t *testing.T) *house {
	t.Helper()
	h := build(t, func(c *gatekeeper.Config) { c.OwnerID = theOwner })
	h.bot.set(func(b *fakeBot) { b.lookUp = says(administrator) })
	h.owner.has(3)
	h.ingest(membership.Batch{Profiles: []membership.Profile{{User: mallory, FirstName: "M", Username: "mallory"}}})
	h.attend()
	h.follow()
	h.start(h.keeper.Watch)
	pass(2 * time.Minute)
	require.Equal(t, membership.Fresh, h.mode())
	require.Empty(t, h.notes(membership.NoteRights))
	return h
}

// by is somebody's doing about somebody, as the bot hears it.
func (h *house) by(actor, user membership.UserID, s membership.State) membership.Event {
	e := h.update(user, s)
	e.Evidence.Actor, e.Moved = actor, s.Presence == membership.Out
	return e
}

func TestWhoDemotedTheBotIsSaidWithThePathThatMendsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarded(t)
		h.bot.set(func(b *fakeBot) { b.rights = membership.Rights{} })
		h.ingest(membership.Batch{Rights: &membership.Rights{}, Events: []membership.Event{h.by(mallory, theBot, member)}})
		pass(time.Minute)
		notes := h.notes(membership.NoteRights)
		require.Len(t, notes, 1)
		require.Contains(t, notes[0], "The bot is not an administrator of the group any more (by @mallory)")
		require.Contains(t, notes[0], "Add Admin")
		require.Contains(t, h.notices(), notes[0], "the owner gets a message")
		pass(10 * time.Minute)
		require.Len(t, h.notes(membership.NoteRights), 1, "once")

		h.owner.logs(4) // 1 to 4 joined meanwhile, and the log tells
		pass(time.Minute)
		h.bot.set(func(b *fakeBot) { b.rights = membership.Rights{Admin: true} })
		h.ingest(membership.Batch{Rights: &membership.Rights{Admin: true}, Events: []membership.Event{h.by(theOwner, theBot, administrator)}})
		pass(2 * time.Minute)
		missed := h.notes(membership.NoteMissed)
		require.Len(t, missed, 1)
		require.Contains(t, missed[0], "The bot is an administrator of the group again. Meanwhile, by the admin log: 4 joined.")
		require.Contains(t, h.notices(), missed[0])
		pass(10 * time.Minute)
		require.Len(t, h.notes(membership.NoteMissed), 1)
		require.Len(t, h.notes(membership.NoteRights), 1)
	})
}

// The bot was away when it was removed, and only the admin log knows who did it.
func TestWhoRemovedTheBotIsLookedForInTheAdminLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarded(t)
		h.bot.set(func(b *fakeBot) { b.rights, b.refused = membership.Rights{}, refusal(membership.ErrorGroupGone) })
		e := h.by(mallory, theBot, membership.State{Presence: membership.Out, Departure: membership.Banned})
		e.Evidence.Source, e.Evidence.Origin, e.Evidence.Ref = membership.SourceAdminLog, 0, 5000
		h.owner.set(func(g *fakeGroup) { g.log = append(g.log, e) })
		pass(2 * time.Minute)
		notes := h.notes(membership.NoteRights)
		require.Len(t, notes, 1)
		require.Contains(t, notes[0], "The bot is not in the group any more (by @mallory)")
	})
}

// A name is hostile input: what is not a username is not said.
func TestAnActorWithoutAUsernameIsNamedByTheirID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarded(t)
		h.ingest(membership.Batch{Profiles: []membership.Profile{{User: mallory, FirstName: "\u202eM", Username: "mal\u202elory"}}})
		h.bot.set(func(b *fakeBot) { b.rights = membership.Rights{} })
		h.ingest(membership.Batch{Rights: &membership.Rights{}, Events: []membership.Event{h.by(mallory, theBot, member)}})
		pass(time.Minute)
		require.Contains(t, h.notes(membership.NoteRights)[0], "(by user 666)")
	})
}

// What made the bot an administrator is not what made it none.
func TestWhoPromotedTheBotIsNotBlamedForItsDemotion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarded(t)
		h.ingest(membership.Batch{Events: []membership.Event{h.by(mallory, theBot, administrator)}})
		pass(time.Minute)
		h.bot.set(func(b *fakeBot) { b.rights = membership.Rights{} })
		pass(3 * time.Minute)
		notes := h.notes(membership.NoteRights)
		require.Len(t, notes, 1)
		require.Contains(t, notes[0], "any more. It cannot hear")
	})
}

// The bot asks about the owner: the owner's account makes no call for it.
func TestTheOwnersDemotionIsNoticedWithinAMinuteThroughTheBot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarded(t)
		described := h.owner.described()
		h.bot.set(func(b *fakeBot) { b.lookUp = says(member) })
		h.owner.set(func(g *fakeGroup) { g.demoted, g.refusesTail = true, refusal(membership.ErrorRightMissing) })
		pass(time.Minute + 15*time.Second)
		notes := h.notes(membership.NoteRights)
		if len(notes) == 0 {
			pass(time.Minute) // who did it is waited for
			notes = h.notes(membership.NoteRights)
		}
		require.Len(t, notes, 1)
		require.Contains(t, notes[0], "Your account is not an administrator of the group any more.")
		g, _, err := h.roster.Group(t.Context(), theGroup)
		require.NoError(t, err)
		require.False(t, g.Admin, "status says so too")
		require.LessOrEqual(t, h.owner.described()-described, 1)

		h.owner.set(func(g *fakeGroup) { g.demoted, g.refusesTail = false, nil })
		h.bot.set(func(b *fakeBot) { b.lookUp = says(administrator) })
		pass(3 * time.Minute)
		require.Len(t, h.notes(membership.NoteMissed), 1)
		require.Contains(t, h.notes(membership.NoteMissed)[0], "Your account is an administrator of the group again.")
	})
}

// Where the bot cannot tell, the admin log's refusal does; then, once, the group is asked for.
func TestTheOwnersDemotionIsNoticedByTheRefusedLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, func(c *gatekeeper.Config) { c.OwnerID = theOwner })
		h.owner.has(3)
		h.follow()
		h.start(h.keeper.Watch)
		pass(2 * time.Minute)
		h.owner.set(func(g *fakeGroup) { g.demoted = true })
		pass(time.Minute)
		require.Empty(t, h.notes(membership.NoteRights), "nothing refuses yet")
		described := h.owner.described()
		h.owner.set(func(g *fakeGroup) {
			g.refusesTail = refusal(membership.ErrorRightMissing)
		})
		pass(2 * time.Minute)
		require.Len(t, h.notes(membership.NoteRights), 1)
		pass(10 * time.Minute)
		require.Equal(t, described+1, h.owner.described(), "once")
		require.Len(t, h.notes(membership.NoteRights), 1)

		h.owner.set(func(g *fakeGroup) { g.refusesTail, g.demoted = nil, false })
		pass(2 * time.Minute)
		require.Len(t, h.notes(membership.NoteMissed), 1, "and that it is one again, by the log that can be read")
		require.Equal(t, described+2, h.owner.described())
	})
}

func TestALogThatGoesUnreadForADayIsAnAlarmOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := build(t, func(c *gatekeeper.Config) { c.Pace.WalkEvery = 100 * time.Hour })
		h.owner.has(3)
		h.follow()
		h.start(h.keeper.Watch)
		pass(2 * time.Minute)
		h.owner.set(func(g *fakeGroup) { g.refusesTail = refusal(membership.ErrorTemporary) })
		pass(23*time.Hour + 50*time.Minute)
		require.Empty(t, h.notes(membership.NoteAlarm))
		pass(15 * time.Minute)
		require.Len(t, h.notes(membership.NoteAlarm), 1)
		require.Contains(t, h.notes(membership.NoteAlarm)[0], "Telegram keeps 48 hours of it")
		pass(time.Hour)
		require.Len(t, h.notes(membership.NoteAlarm), 1)
		h.owner.set(func(g *fakeGroup) { g.refusesTail = nil })
		pass(2 * time.Minute)
		require.Len(t, h.notes(membership.NoteAlarmOver), 1)
	})
}

func TestALookupDoesNotAskABotThatIsNotInTheGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := guarded(t)
		h.owner.set(func(g *fakeGroup) { g.lookUp = says(member) })
		h.bot.set(func(b *fakeBot) {
			b.refused, b.lookUp = refusal(membership.ErrorGroupGone), fails(refusal(membership.ErrorGroupGone))
		})
		pass(2 * time.Minute)
		require.Equal(t, membership.RuleGrace, h.ask(ann).Rule)
		require.Zero(t, h.bot.lookups(ann))
		require.Equal(t, 1, h.owner.lookups())
	})
}
