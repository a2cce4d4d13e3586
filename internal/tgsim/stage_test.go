package tgsim_test

import (
	"bytes"
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/gotd/td/session"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/clock"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/scenario"
)

// heard is which changes of members a client was told of, by qts.
type heard struct {
	mu   sync.Mutex
	byID map[int]bool // guarded by mu
}

func (h *heard) Handle(_ context.Context, u tg.UpdatesClass) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if all, ok := u.(*tg.Updates); ok {
		for _, one := range all.Updates {
			if p, ok := one.(*tg.UpdateChannelParticipant); ok {
				h.byID[p.Qts] = true
			}
		}
	}
	return nil
}

func (h *heard) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.byID)
}

func rule(t *testing.T, line string) fault.Rule {
	t.Helper()
	r, err := fault.Parse(line)
	require.NoError(t, err)
	return r
}

// A scenario is played in no time before a real client: what is dropped on the way is missed, and the difference has it.
func TestRule30AScenarioIsPlayedBeforeAClient(t *testing.T) {
	text, err := os.ReadFile("scenario/testdata/leaves.txt")
	require.NoError(t, err)
	played, err := scenario.Parse(bytes.NewReader(text))
	require.NoError(t, err)
	s := start(t, tgsim.Options{Members: 300, Seed: 3, Clock: clock.Still(time.Now())})
	got := &heard{byID: make(map[int]bool)}
	c := signedIn(t, s, s.World().Bot(), got)
	run(t, c, func(ctx context.Context, api *tg.Client) {
		before, err := api.UpdatesGetState(ctx)
		require.NoError(t, err)
		require.NoError(t, scenario.Player{Stage: s.Stage(), Seed: 3}.Play(ctx, played))
		rules := s.Stage().Faults.Rules()
		require.Len(t, rules, 1)
		assert.Equal(t, 40, rules[0].Seen)
		assert.Positive(t, rules[0].Struck)
		require.Eventually(t, func() bool { return got.count() == 41-rules[0].Struck }, 10*time.Second, time.Millisecond)
		diff, err := api.UpdatesGetDifference(ctx, &tg.UpdatesGetDifferenceRequest{Pts: before.Pts, Date: before.Date, Qts: before.Qts})
		require.NoError(t, err)
		changes := 0
		for _, u := range diff.(*tg.UpdatesDifference).OtherUpdates {
			if _, ok := u.(*tg.UpdateChannelParticipant); ok {
				changes++
			}
		}
		assert.Equal(t, 41, changes)
	})
}

// A flood by a rule is a FLOOD_WAIT like any: who calls within it is noted down.
func TestRule25AFloodByRuleIsRemembered(t *testing.T) {
	watch := clock.Still(time.Now())
	s := start(t, tgsim.Options{Members: 50, Clock: watch, Faults: []fault.Rule{rule(t, "flood 31s users.getUsers from owner once")}})
	c := signedIn(t, s, s.World().Owner(), nil)
	run(t, c, func(ctx context.Context, api *tg.Client) {
		ask := func() error {
			_, err := api.UsersGetUsers(ctx, []tg.InputUserClass{&tg.InputUserSelf{}})
			return err
		}
		require.True(t, tgerr.Is(ask(), "FLOOD_WAIT"))
		require.True(t, tgerr.Is(ask(), "FLOOD_WAIT"))
		watch.Advance(31 * time.Second)
		require.NoError(t, ask())
	})
	assert.Equal(t, rpc.Calls{Calls: 3, FloodWaits: 2, Violations: 1}, s.Requests()["owner"]["users.getUsers"])
}

// Rules are changed while clients are connected; theirs come before those of the options.
func TestFaultsChangeWhileItServes(t *testing.T) {
	s := start(t, tgsim.Options{Members: 50, Protocol: tgsim.Protocol{Faults: failing(tg.UpdatesGetStateRequestTypeID)}})
	c := signedIn(t, s, s.World().Owner(), nil)
	run(t, c, func(ctx context.Context, api *tg.Client) {
		board := s.Stage().Faults
		board.Add(rule(t, "fail 400 PEER_FLOOD updates.getState once"))
		_, err := api.UpdatesGetState(ctx)
		assert.True(t, tgerr.Is(err, "PEER_FLOOD"), "%v", err)
		_, err = api.UpdatesGetState(ctx)
		assert.True(t, tgerr.Is(err, "INTERNAL"), "%v", err)
		_, err = api.HelpGetNearestDC(ctx)
		require.NoError(t, err)
		assert.Equal(t, []fault.Standing{{ID: 1, Rule: "fail 400 PEER_FLOOD updates.getState once", Seen: 1, Struck: 1}}, board.Rules())
	})
}

// What is done to an account's clients is done to its own alone.
func TestRule28ClientsAreCutAndLoggedOut(t *testing.T) {
	s := start(t, tgsim.Options{Members: 50})
	stage := s.Stage()
	owner, bot := signedIn(t, s, s.World().Owner(), nil), signedIn(t, s, s.World().Bot(), nil)
	run(t, bot, func(ctx context.Context, other *tg.Client) {
		run(t, owner, func(ctx context.Context, api *tg.Client) {
			_, err := api.UpdatesGetState(ctx)
			require.NoError(t, err)
			stage.Clients.Cut(s.World().Owner())
			require.Eventually(t, func() bool {
				_, err := api.UpdatesGetState(ctx)
				return err == nil
			}, 10*time.Second, time.Millisecond, "the client comes back")
			require.NoError(t, stage.Clients.EndLogins(s.World().Owner(), rpc.Expired))
			require.Eventually(t, func() bool {
				_, err = api.UpdatesGetState(ctx)
				return tgerr.Is(err, "SESSION_EXPIRED")
			}, 10*time.Second, time.Millisecond, "got %v", err)
		})
		_, err := other.UpdatesGetState(ctx)
		require.NoError(t, err)
	})
}

// Half a year passes in no time, and unused logins with it.
func TestRule28HalfAYearEndsUnusedLogins(t *testing.T) {
	watch := clock.New()
	s := start(t, tgsim.Options{Members: 50, Clock: watch})
	c := signedIn(t, s, s.World().Owner(), nil)
	run(t, c, func(ctx context.Context, api *tg.Client) {
		_, err := api.UpdatesGetState(ctx)
		require.NoError(t, err)
		watch.Advance(200 * 24 * time.Hour)
		_, err = api.UpdatesGetState(ctx)
		assert.True(t, tgerr.Is(err, "SESSION_EXPIRED"), "%v", err)
	})
}

// A server whose clock is wrong agrees with clients whose clock is wrong in the same way.
func TestASkewedClock(t *testing.T) {
	s := start(t, tgsim.Options{Members: 50})
	s.Skew(-time.Hour)
	r := s.Ready()
	c := clientWith(t, r, new(session.StorageMemory), r.DC, r.Address, func() time.Time { return time.Now().Add(-time.Hour) })
	run(t, c, func(ctx context.Context, api *tg.Client) {
		_, err := api.HelpGetNearestDC(ctx)
		require.NoError(t, err)
	})
}

// Clients hold what expires against their own clocks, whatever time it is in the world. What time that is the configuration tells them: it dates
// all that happens there.
func TestWhatExpiresIsNotByTheWorldsTime(t *testing.T) {
	world := clock.At(time.Now().Add(-49 * time.Hour))
	s := start(t, tgsim.Options{Members: 50, Clock: world})
	key, err := s.NewKey()
	require.NoError(t, err)
	run(t, signedIn(t, s, s.World().Owner(), nil), func(ctx context.Context, api *tg.Client) {
		for _, by := range []time.Duration{0, 98 * time.Hour} {
			world.Advance(by)
			config, err := api.HelpGetConfig(ctx)
			require.NoError(t, err)
			assert.WithinDuration(t, world.Now(), time.Unix(int64(config.Date), 0), time.Minute)
			assert.WithinDuration(t, time.Now().Add(time.Hour), time.Unix(int64(config.Expires), 0), time.Minute)
		}
		s.Skew(20 * time.Second)
		config, err := api.HelpGetConfig(ctx)
		require.NoError(t, err)
		assert.Greater(t, int64(config.Expires), time.Now().Add(time.Hour+15*time.Second).Unix())
		assert.WithinDuration(t, world.Now(), time.Unix(int64(config.Date), 0), 10*time.Second, "the time of message ids alone is off")
		s.Skew(0)
	})
	r := s.Ready()
	run(t, client(t, r, &key, nil), func(ctx context.Context, api *tg.Client) {
		token, err := api.AuthExportLoginToken(ctx, &tg.AuthExportLoginTokenRequest{APIID: r.APIID, APIHash: r.APIHash})
		require.NoError(t, err)
		expires := time.Unix(int64(token.(*tg.AuthLoginToken).Expires), 0)
		assert.WithinDuration(t, time.Now().Add(30*time.Second), expires, 10*time.Second)
	})
}

// A world without a server is the same one.
func TestAWorldThatNobodyServes(t *testing.T) {
	o := tgsim.Options{Members: 150, Seed: 5, Hidden: true}
	stage, err := tgsim.NewStage(o)
	require.NoError(t, err)
	assert.Equal(t, start(t, o).World().Group(), stage.World.Group())
	require.ErrorContains(t, stage.Clients.Move(stage.World.Owner(), 4), "there is none")
	_, err = tgsim.NewStage(tgsim.Options{Members: 50, Hidden: true})
	assert.True(t, tgerr.Is(err, "PARTICIPANTS_TOO_FEW"), "%v", err)
	_, err = tgsim.Start(t.Context(), tgsim.Options{Members: 50, Hidden: true})
	assert.True(t, tgerr.Is(err, "PARTICIPANTS_TOO_FEW"), "%v", err)
}

// However the answer to a message fails, who sends it again under its random id has sent it once.
func TestWhateverFailsTheEffectIsOne(t *testing.T) {
	for _, line := range []string{
		"cut before messages.sendMessage once", "cut after messages.sendMessage once", "drop messages.sendMessage once",
		"garbage messages.sendMessage once", "duplicate messages.sendMessage once", "late 100ms messages.sendMessage once",
		"fail 500 INTERNAL messages.sendMessage once", "silence messages.sendMessage once",
	} {
		t.Run(line, func(t *testing.T) {
			s := start(t, tgsim.Options{Members: 50, Faults: []fault.Rule{rule(t, line)}})
			person, name := s.World().Stranger()
			require.NoError(t, s.World().Start(person, s.World().Bot(), ""))
			run(t, signedIn(t, s, s.World().Bot(), nil), func(ctx context.Context, api *tg.Client) {
				found, err := api.ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: name})
				require.NoError(t, err)
				peer := found.Users[0].(*tg.User).AsInputPeer()
				require.Eventually(t, func() bool {
					patience, cancel := context.WithTimeout(ctx, time.Second)
					defer cancel()
					_, err := api.MessagesSendMessage(patience, &tg.MessagesSendMessageRequest{Peer: peer, Message: "hello", RandomID: 7})
					return err == nil || tgerr.Is(err, "RANDOM_ID_DUPLICATE")
				}, 10*time.Second, time.Millisecond)
			})
			told, err := s.World().Told(s.World().Bot(), person)
			require.NoError(t, err)
			assert.Len(t, told, 1)
			assert.Equal(t, 1, s.Stage().Faults.Rules()[0].Struck)
		})
	}
}
