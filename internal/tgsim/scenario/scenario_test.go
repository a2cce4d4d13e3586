package scenario_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/clock"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/scenario"
	"rollcall/internal/tgsim/world"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// stage is a world whose time stands still, with all that happens in it.
type stage struct {
	scenario.Player
	events []string
}

func newStage(o world.Options) *stage {
	time := clock.Still(epoch)
	o.Now = time.Now
	s := new(stage)
	s.Stage = scenario.Stage{World: world.New(o), Clock: time, Faults: fault.NewBoard(o.Seed)}
	s.Seed = o.Seed
	s.World.Watch(func(e world.Event) { s.events = append(s.events, e.At.Format("15:04:05 ")+e.Text) })
	return s
}

func read(t *testing.T, text string) *scenario.Scenario {
	t.Helper()
	got, err := scenario.Parse(strings.NewReader(text))
	require.NoError(t, err)
	return got
}

func file(t *testing.T, name string) *scenario.Scenario {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(t, err)
	return read(t, string(text))
}

func inside(t *testing.T, w *world.World) int {
	t.Helper()
	facts, err := w.Truth("")
	require.NoError(t, err)
	n := 0
	for _, f := range facts {
		if f.In {
			n++
		}
	}
	return n
}

func TestTheBotIsDemotedRemovedAndLetBackIn(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 300})
	require.NoError(t, s.Play(t.Context(), file(t, "bot.txt")))
	assert.Equal(t, 300+3-5, inside(t, s.World))
	assert.Equal(t, epoch.Add(3*time.Minute), s.Clock.Now())
	all := strings.Join(s.events, "\n")
	for _, words := range []string{
		"12:01:00 the bot was made a plain member of @lantern_street by the owner",
		"12:02:00 the bot was banned from @lantern_street by the owner",
		"12:02:00 the bot was unbanned in @lantern_street by the owner",
		"12:02:04 the bot was made an admin of @lantern_street by the owner",
		") joined @lantern_street by link",
	} {
		assert.Contains(t, all, words)
	}
	assert.Empty(t, s.Faults.Rules(), "the scenario takes its faults away in the end")
}

func TestTheSameSeedPlaysTheSame(t *testing.T) {
	played := func(seed uint64) []string {
		s := newStage(world.Options{Seed: seed, Members: 300})
		require.NoError(t, s.Play(t.Context(), file(t, "bot.txt")))
		return s.events
	}
	first := played(7)
	assert.Equal(t, first, played(7))
	assert.NotEqual(t, first, played(8))
}

func TestBansEndInTheirTime(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 300})
	require.NoError(t, s.Play(t.Context(), file(t, "bans.txt")))
	assert.Equal(t, epoch.Add(50*time.Hour+time.Minute), s.Clock.Now())
}

func TestARaid(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 300})
	raid := file(t, "raid.txt")
	var halfway int
	s.Told = func(at time.Time, _ scenario.Line) {
		if at.Equal(epoch.Add(5 * time.Minute)) {
			halfway = len(s.events)
		}
	}
	require.NoError(t, s.Play(t.Context(), raid))
	assert.InDelta(t, 15_000, halfway, 1)
	assert.Equal(t, 30_300, inside(t, s.World))
}

// The admin log forgets after 48 hours, which take no time here.
func TestTwoDaysPassAtOnce(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 300})
	logged := func() int {
		got, err := s.World.AdminLog(s.World.Owner(), s.World.Group().ID, world.LogRequest{Limit: 100})
		require.NoError(t, err)
		return len(got.Events)
	}
	require.NoError(t, s.Play(t.Context(), read(t, "clock 72h\njoin stranger#1\nleave stranger#1")))
	require.Equal(t, 2, logged())
	require.NoError(t, s.Play(t.Context(), read(t, "clock 47h")))
	assert.Equal(t, 2, logged())
	require.NoError(t, s.Play(t.Context(), read(t, "+90m join stranger#2")))
	assert.Equal(t, 1, logged())
}

// clients notes what is asked of it.
type clients struct{ asked []string }

func (c *clients) note(words ...string) { c.asked = append(c.asked, strings.Join(words, " ")) }

func (c *clients) SetBudgets(b rpc.Budgets) { c.note("budgets", b.String()) }
func (c *clients) EndLogins(_ world.UserID, why rpc.Ending) error {
	c.note("end", string(why))
	return nil
}
func (c *clients) Cut(world.UserID)                  { c.note("cut") }
func (c *clients) Move(_ world.UserID, dc int) error { c.note("move", strconv.Itoa(dc)); return nil }
func (c *clients) ExpireSalts()                      { c.note("salts") }
func (c *clients) Skew(d time.Duration)              { c.note("skew", d.String()) }

func TestClientsAreTroubled(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 300})
	text := read(t, "budgets channels.getParticipants=5/1\nend owner\nend bot AUTH_KEY_DUPLICATED\ncut owner\nsalts\nskew -90s\nmove owner 4")
	require.NoError(t, s.Play(t.Context(), text), "nobody is connected, and nothing to do")
	var c clients
	s.Clients = &c
	require.NoError(t, s.Play(t.Context(), text))
	assert.Equal(t, []string{
		"budgets channels.getParticipants=5/1", "end SESSION_REVOKED", "end AUTH_KEY_DUPLICATED", "cut", "salts", "skew -1m30s", "move 4",
	}, c.asked)
}

func TestPlayEndsAtWhatCannotBeDone(t *testing.T) {
	for text, says := range map[string]string{
		"join owner":                            "line 1: join owner: rpc error code 400: USER_ALREADY_PARTICIPANT",
		"\n\nexpect owner member":               "line 3: expect owner member: ",
		"expect owner creator out":              "is creator and in",
		"join @nobody_here":                     "USERNAME_NOT_OCCUPIED",
		"join @lantern_street":                  "is no person",
		"leave member#1000":                     "there are",
		"refused USER_CREATOR leave member#1":   "it was not refused",
		"refused USER_CREATOR leave stranger#1": "it was refused otherwise",
		"refused USER_CREATOR leave member#999": "there are",
		"migrate No such group":                 "CHAT_ID_INVALID",
	} {
		s := newStage(world.Options{Seed: 7, Members: 50})
		err := s.Play(t.Context(), read(t, text))
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), says, text)
	}
}

func TestABasicGroupBecomesASupergroup(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 50, Groups: []world.GroupOptions{{Title: "The old hands", Members: 5, Basic: true}}})
	require.NoError(t, s.Play(t.Context(), read(t, "migrate The old hands")))
	assert.Contains(t, strings.Join(s.events, "\n"), `made the basic group "The old hands" a supergroup`)
}

func TestMistakesInAScenario(t *testing.T) {
	for text, says := range map[string]string{
		"join stranger#1\nfly stranger#1":    `line 2: there is no "fly"`,
		"join":                               "does not say who",
		"join me":                            `"me" is not owner`,
		"join @":                             `"@" is not owner`,
		"join member#0":                      "needs a number",
		"join member":                        "needs a number",
		"join stranger#1 by owner":           `"by owner" is too much`,
		"ban member#1 until yesterday":       `"yesterday" is no time`,
		"ban member#1 until -1h":             "is over",
		"kick member#1 until 1h":             "too much",
		"ban member#1 by":                    "does not say who",
		"block member#1 now":                 `"now" is too much`,
		"at noon join stranger#1":            "not H:MM",
		"at 1:60 join stranger#1":            "not H:MM",
		"at 1:00":                            `there is no ""`,
		"+ join stranger#1":                  "is no time",
		"+-1s join stranger#1":               "back in time",
		"at 2:00 salts\nat 1:00 salts":       "before the line above",
		"+80000h salts\n+80000h salts":       "after the beginning",
		"fault drop everything":              `"everything" is neither`,
		"budgets channels.getParticipants":   "METHOD=BURST/RATE",
		"clock":                              "is no time",
		"skew soon":                          "is no time",
		"end owner EVENTUALLY":               "is not one of",
		"cut":                                "does not say who",
		"move owner":                         "no number",
		"salts please":                       "too much",
		"raid 0 over 10m":                    "from 1",
		"raid 10 in 10m":                     "followed by over",
		"raid 10 over -10m":                  "back in time",
		"churn often":                        "no number",
		"expect owner king":                  "is not one of",
		"expect owner creator inside":        "too much",
		"refused User_Creator leave owner":   "no name",
		"refused USER_CREATOR salts":         "is no act",
		"salts " + strings.Repeat("x", 9000): "token too long",
	} {
		_, err := scenario.Parse(strings.NewReader(text))
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), says, text)
	}
}

func FuzzParse(f *testing.F) {
	names, err := filepath.Glob("testdata/*.txt")
	require.NoError(f, err)
	require.NotEmpty(f, names)
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(string(text))
	}
	f.Add("at 1:02:03 ban @ann by admin#1 in @x until 1h30m # soon\n+1s say member#1 good  morning\nrefused X_1 migrate a b")
	f.Add("end bot SESSION_EXPIRED\nmove owner 4\ncut 5\nsalts\nskew -1s\nchurn 0\nraid 5 over 0s\nexpect bot member out\nbudgets default")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := scenario.Parse(strings.NewReader(text))
		if err != nil {
			return
		}
		again, err := scenario.Parse(strings.NewReader(s.Text()))
		require.NoError(t, err)
		assert.Equal(t, s.Text(), again.Text())
	})
}

func TestActsMakeSenseOrNot(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 50})
	for _, a := range []scenario.Act{{Action: "fly", User: 1}, {Action: "join"}, {Action: "join", User: -1}} {
		require.ErrorIs(t, a.Do(s.World), scenario.ErrNonsense)
	}
	err := scenario.Act{Action: "join", User: 4711}.Do(s.World)
	assert.True(t, tgerr.Is(err, "USER_ID_INVALID"), err)
	assert.False(t, errors.Is(err, scenario.ErrNonsense))
	assert.Contains(t, scenario.Actions(), "request")
}

func TestSettings(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 150})
	require.NoError(t, s.Play(t.Context(), read(t, `
		set owner join-request on
		refused INVITE_REQUEST_SENT join stranger#1
		request stranger#1
		approve stranger#1 by owner
		request stranger#2
		dismiss stranger#2
		expect stranger#1 member
		set owner slow-mode 30
		say member#1 first
		refused SLOWMODE_WAIT_30 say member#1 second
		refused SLOWMODE_WAIT say member#1 third
		+30s say member#1 fourth
		set owner hidden on
		refused CHAT_ADMIN_REQUIRED set member#1 hidden off`)))
	for text, says := range map[string]string{
		"set owner slow-mode soon": "takes seconds", "set owner hidden maybe": "and on or off", "set owner gravity off": `no setting "gravity"`,
	} {
		err := s.Play(t.Context(), read(t, text))
		require.ErrorIs(t, err, scenario.ErrNonsense)
		assert.Contains(t, err.Error(), says)
	}
}
