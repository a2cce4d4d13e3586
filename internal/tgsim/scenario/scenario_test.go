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

// Telegram's dates end with a day in 2038, and the world's time with the year before.
func TestTimeEnds(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 50})
	s.Clock.Advance(11 * 365 * 24 * time.Hour)
	for text, says := range map[string]string{
		"salts\nclock 20000h": "line 2: clock 20000h: that is after 2037",
		"+20000h salts":       "line 1: wait for its time: that is after 2037",
	} {
		require.ErrorContains(t, s.Play(t.Context(), read(t, text)), says)
	}
	require.NoError(t, s.Play(t.Context(), read(t, "clock 1h")))
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
func (c *clients) RenewToken(world.UserID) (string, error) {
	c.note("token")
	return "", nil
}
func (c *clients) Skew(d time.Duration) { c.note("skew", d.String()) }

func TestClientsAreTroubled(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 300})
	text := read(t, "budgets channels.getParticipants=5/1\nend owner\nend bot AUTH_KEY_DUPLICATED\ncut owner\nsalts\nskew -90s\nmove owner 4\ntoken")
	require.NoError(t, s.Play(t.Context(), text), "nobody is connected, and nothing to do")
	var c clients
	s.Clients = &c
	require.NoError(t, s.Play(t.Context(), text))
	assert.Equal(t, []string{
		"budgets channels.getParticipants=5/1", "end SESSION_REVOKED", "end AUTH_KEY_DUPLICATED", "cut", "salts", "skew -1m30s", "move 4", "token",
	}, c.asked)
}

func TestPlayEndsAtWhatCannotBeDone(t *testing.T) {
	for text, says := range map[string]string{
		"join owner":                            "line 1: join owner: Telegram refuses: USER_ALREADY_PARTICIPANT (400)",
		"\n\nexpect owner member":               "line 3: expect owner member: ",
		"expect owner creator out":              "is creator and in",
		"join @nobody_here":                     "USERNAME_NOT_OCCUPIED",
		"join @lantern_street":                  "is no person",
		"leave member#1000":                     "there are",
		"refused USER_CREATOR leave member#1":   "it was not refused",
		"refused USER_CREATOR leave stranger#1": "it was refused otherwise",
		"refused USER_CREATOR leave member#999": "there are",
		"refused X_Y leave stranger#1":          "otherwise: Telegram refuses: USER_NOT_PARTICIPANT (400)",
		"migrate No such group":                 "CHAT_ID_INVALID",
		"in nowhere say owner hi":               "line 1: in nowhere say owner hi: Telegram refuses: USERNAME_NOT_OCCUPIED (400)",
		"end 5":                                 "nobody has the id 5",
		"cut 5":                                 "nobody has the id 5",
		"move 5 2":                              "nobody has the id 5",
		"expect 5 left":                         "nobody has the id 5",
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
		"slow-mode soon": "takes seconds", "hidden maybe": "on or off", "gravity off": `no setting "gravity"`,
	} {
		err := scenario.Act{Action: "set", User: s.World.Owner(), Text: text}.Do(s.World)
		require.ErrorIs(t, err, scenario.ErrNonsense)
		assert.Contains(t, err.Error(), says)
	}
}

// Every group can be acted in, whatever the act takes.
func TestActsInOtherGroups(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 150, Groups: []world.GroupOptions{{Title: "Rooms", Username: "rooms", Members: 20}, {Title: "No name", Members: 9}}})
	require.NoError(t, s.Play(t.Context(), read(t, `
		join stranger#1 in @rooms
		in rooms join stranger#2
		in rooms say stranger#1 hello
		in rooms title owner New rooms
		in rooms expect stranger#1 member in
		refused CHAT_ADMIN_REQUIRED in rooms title stranger#1 mine
		refused USER_ALREADY_PARTICIPANT join stranger#2 in rooms
		refused CHANNEL_PRIVATE join stranger#1 in "No name"
		join_by_link stranger#1 in "No name"
		in "No name" expect stranger#1 member in
		expect stranger#1 left out`)))
	all := strings.Join(s.events, "\n")
	assert.Contains(t, all, `wrote "hello" in @rooms`)
	assert.Contains(t, all, `the owner gave @rooms the title "New rooms"`)
}

func TestActsInABasicGroup(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 150})
	require.NoError(t, s.Play(t.Context(), read(t, `
		join stranger#1 in "Reading Evening"
		in "Reading Evening" say stranger#1 hello
		promote stranger#1 by owner in "Reading Evening"
		refused CHAT_NOT_MODIFIED promote stranger#1 in "Reading Evening"
		in "Reading Evening" expect stranger#1 administrator in
		demote stranger#1 in "Reading Evening"
		in "Reading Evening" expect owner creator
		kick stranger#1 in "Reading Evening"
		in "Reading Evening" expect stranger#1 left out
		add stranger#1 in "Reading Evening"
		in "Reading Evening" expect stranger#1 member
		leave stranger#1 in "Reading Evening"
		in "Reading Evening" title owner "Evenings"
		migrate Evenings
		join_by_link stranger#1 in Evenings
		in Evenings expect stranger#1 member`)))
	assert.Contains(t, strings.Join(s.events, "\n"), `wrote "hello" in the basic group "Reading Evening"`)
	s = newStage(world.Options{Seed: 7, Members: 150})
	err := s.Play(t.Context(), read(t, `ban owner in "Reading Evening"`))
	require.ErrorIs(t, err, scenario.ErrNonsense)
	assert.Contains(t, err.Error(), `"Reading Evening" is a basic group, where nobody can ban`)
}

// What is in quotes is said as it stands there, and printed so that no terminal minds it.
func TestQuotedTexts(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 50})
	var shown []string
	s.Told = func(_ time.Time, l scenario.Line) { shown = append(shown, l.String()) }
	require.NoError(t, s.Play(t.Context(), read(t, "\ufeffsay member#1 \"two  #words\\nand a line\" # a comment\r\n"+
		"say member#1 he said \"hi\" # then\n say member#1 a\x1b[2Jb\u202e\n  say member#1 5\" wide")))
	assert.Equal(t, []string{
		`say member#1 "two  #words\nand a line"`, `say member#1 he said "hi"`, `say member#1 "a\x1b[2Jb\u202e"`, `say member#1 5" wide`,
	}, shown)
	all := strings.Join(s.events, "\n")
	for _, words := range []string{`wrote "two  #words\nand a line" in`, `wrote "he said \"hi\"" in`, `wrote "a\x1b[2Jb\u202e" in`} {
		assert.Contains(t, all, words)
	}
}

// A message may have 4096 characters of whatever size, and a longer one is Telegram's to refuse.
func TestLongTexts(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 50})
	require.NoError(t, s.Play(t.Context(), read(t,
		"say member#1 "+strings.Repeat("龍", 4096)+"\nrefused MESSAGE_TOO_LONG say member#2 "+strings.Repeat("龍", 4097))))
}

func TestTheOwnersPasswordAndTheBotsToken(t *testing.T) {
	s := newStage(world.Options{Seed: 7, Members: 50})
	require.NoError(t, s.Play(t.Context(), read(t, "password owner open sesame\npardon owner\nrefused USER_ID_INVALID password member#1 x")))
	assert.Equal(t, "open sesame", s.World.Password(s.World.Owner()))
	require.NoError(t, s.Play(t.Context(), read(t, "password owner")))
	assert.Empty(t, s.World.Password(s.World.Owner()))
	all := strings.Join(s.events, "\n")
	assert.Regexp(t, "the owner has another password\n.*the owner was pardoned by Telegram\n.*the owner has no password any more", all)
	assert.NotContains(t, all, "sesame")
}
