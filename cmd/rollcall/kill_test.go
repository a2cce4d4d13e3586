package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/world"
)

// killings is how often a process is killed: 50 times, or as often as KILLS says ("make kill": a thousand).
func killings(t *testing.T) int {
	t.Helper()
	text := os.Getenv("KILLS")
	if text == "" {
		return 50
	}
	n, err := strconv.Atoi(text)
	require.NoError(t, err, "KILLS")
	require.Positive(t, n, "KILLS")
	return n
}

// troubles befall the connections all the while: the bot's news get lost, come twice or in the wrong order, both accounts' connections break,
// and the owner's account is made to wait.
func troubles(t *testing.T) (rules []fault.Rule) {
	t.Helper()
	for _, line := range []string{
		"drop 5% of updates to bot",
		"duplicate 5% of updates to bot",
		"reorder 5% of updates to bot",
		"cut after 1 of 40 channels.getParticipants from owner",
		"cut after 1 of 60 messages.sendMessage from bot",
		"flood 1s 1 of 50 channels.getAdminLog from owner",
	} {
		r, err := fault.Parse(line)
		require.NoError(t, err)
		rules = append(rules, r)
	}
	return rules
}

// lifetime is how many milliseconds a process lives at most; a sync is done by then.
var lifetime = map[string]int{"run": 700, "sync": 500}

// TestKilledAndStartedAgain kills the program at random moments while people come and go, ask the bot and block it. At the end nothing is
// lost and nothing happened twice: by the simulator's own admin log, update queue and messages.
func TestKilledAndStartedAgain(t *testing.T) {
	const seed = 20260301
	killings := killings(t)
	p := newTroubledPlay(t, seed, troubles(t)...)
	p.command("login", "--phone", p.scene.environment()["PHONE"], "--code-file", p.path("secrets/code"), "--password-file", p.path("secrets/password"))
	p.command("sync")
	run := p.start("run")
	p.untilFresh()
	p.command("gate", "enforce", "--yes")
	p.cast()
	p.stop(run)

	ended := make(chan struct{})
	var crowd sync.WaitGroup
	crowd.Go(func() { p.actUntil(ended) })
	killed := map[string]int{}
	for rounds := 0; killed["run"]+killed["sync"] < killings && rounds < 2*killings; rounds++ {
		name := []string{"run", "sync"}[p.rng.IntN(2)]
		if p.killLater(p.start(name), time.Duration(20+p.rng.IntN(lifetime[name]))*time.Millisecond) {
			killed[name]++
		}
	}
	close(ended)
	crowd.Wait()
	t.Logf("killed %v, amid %d moves and %d questions", killed, p.moves, p.questions)
	assert.Equal(t, killings, killed["run"]+killed["sync"], "most processes ended before they were killed")
	assert.Greater(t, p.moves, killings)
	assert.Greater(t, p.questions, killings)

	p.ask() // whose answer shows that a run is there again and heard what went before
	run = p.start("run")
	p.untilFresh()
	p.untilAnswered()
	p.stop(run)
	p.command("sync")
	p.command("check")
	p.compareLedger()
	p.compareRoll()
	p.compareAccess()
}

// play is the scene with people in it and the program beside it. All of it belongs to the test's goroutine, but for what actUntil uses
// while it runs.
type play struct {
	t     *testing.T
	scene *scene
	env   []string
	rng   *rand.Rand
	qts   int // the bot's position before anybody acted

	crowdRng  *rand.Rand // actUntil's own
	askers    []int64    // they only ask
	movers    []int64    // they come, go, and are removed; each started the bot once
	blockers  []int64    // they block and unblock the bot
	asked     map[int64]int
	blocked   map[int64]bool
	moves     int
	questions int
}

func newPlay(t *testing.T, seed uint64) *play { return newTroubledPlay(t, seed) }

func newTroubledPlay(t *testing.T, seed uint64, troubles ...fault.Rule) *play {
	s, err := newScene(t.Context(), t.TempDir(), tgsim.Options{Members: 300, Seed: seed, Faults: troubles})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.server.Close()) })
	p := &play{
		t: t, scene: s, rng: rand.New(rand.NewPCG(seed, 1)), crowdRng: rand.New(rand.NewPCG(seed, 2)),
		asked: map[int64]int{}, blocked: map[int64]bool{},
		env: append(os.Environ(), "HOME="+s.dir, "ROLLCALL_CONFIG="+filepath.Join(s.dir, "config.yaml"), "ROLLCALL_PRUNE_BREAKER_MIN=1000000",
			// A walk without pauses would be over before it could be killed.
			"ROLLCALL_TELEGRAM_PACE_INTERVAL=50ms"),
	}
	p.qts = s.server.World().State(world.UserID(s.server.Ready().Bot.UserID)).Qts
	return p
}

func (p *play) path(name string) string { return filepath.Join(p.scene.dir, name) }

// program is a process of the real program.
type program struct {
	cmd    *exec.Cmd
	output *bytes.Buffer // to be read once it ended
}

func (p *play) start(args ...string) program {
	cmd := exec.CommandContext(p.t.Context(), "rollcall", args...)
	cmd.Env = p.env
	output := &bytes.Buffer{}
	cmd.Stdout, cmd.Stderr = output, output
	require.NoError(p.t, cmd.Start())
	return program{cmd, output}
}

// command runs a command to its end and returns its standard output.
func (p *play) command(args ...string) []byte {
	out, err := p.try(args...)
	require.NoError(p.t, err)
	return out
}

func (p *play) try(args ...string) ([]byte, error) {
	cmd := exec.CommandContext(p.t.Context(), "rollcall", args...)
	cmd.Env = p.env
	out, err := cmd.Output()
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%v: %w\n%s", args, err, ended.Stderr)
	}
	return out, err
}

func (p *play) stop(run program) {
	require.NoError(p.t, run.cmd.Process.Signal(os.Interrupt))
	ended, ok := errors.AsType[*exec.ExitError](run.cmd.Wait())
	require.True(p.t, ok && ended.ExitCode() == int(exitInterrupted), "%s", run.output)
}

// killLater kills the process after a time and says whether it was still there. One that ended by itself must have ended well.
func (p *play) killLater(process program, after time.Duration) bool {
	timer := time.AfterFunc(after, func() { _ = process.cmd.Process.Kill() })
	defer timer.Stop()
	err := process.cmd.Wait()
	if err == nil {
		return false
	}
	ended, ok := errors.AsType[*exec.ExitError](err)
	status, isUnix := ended.Sys().(syscall.WaitStatus)
	require.True(p.t, ok && isUnix && status.Signaled() && status.Signal() == syscall.SIGKILL, "%v: %v\n%s", process.cmd.Args, err, process.output)
	return true
}

// untilFresh waits until a run is there that has heard what happened before it. What the roster says is fresh for a while after a run died.
func (p *play) untilFresh() {
	require.NoError(p.t, eventually(patience, func() error {
		out, err := p.try("status", "--json")
		if !bytes.Contains(out, []byte(`"mode": "fresh"`)) || !bytes.Contains(out, []byte(`"running": true`)) {
			return errors.Join(errors.New("no fresh run"), err)
		}
		return nil
	}))
}

// cast gives everybody their part; movers and blockers start the bot.
func (p *play) cast() {
	p.askers, p.movers, p.blockers = p.people(20), p.people(20), p.people(5)
	for range 5 {
		n, err := p.scene.newcomer(p.t.Context())
		require.NoError(p.t, err)
		p.askers = append(p.askers, n.ID)
	}
	for _, id := range append(append([]int64{}, p.movers...), p.blockers...) {
		require.NoError(p.t, p.scene.act(p.t.Context(), act{Action: "start", User: id}))
		p.asked[id]++
	}
	p.untilAnswered()
}

func (p *play) people(n int) (ids []int64) {
	for range n {
		m, err := p.scene.pick(p.t.Context(), "member")
		require.NoError(p.t, err)
		ids = append(ids, m.ID)
	}
	return ids
}

// actUntil makes people act until the channel is closed. What Telegram would refuse (a kick of somebody who is not there) is not done.
func (p *play) actUntil(ended <-chan struct{}) {
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		switch p.crowdRng.IntN(5) {
		case 0, 1:
			p.ask()
		case 2, 3:
			p.move()
		default:
			p.turnAway()
		}
	}
}

func (p *play) does(action string, user int64) bool {
	return p.scene.act(context.Background(), act{Action: action, User: user, Text: strconv.Itoa(p.questions)}) == nil
}

func (p *play) ask() {
	who := p.askers[p.crowdRng.IntN(len(p.askers))]
	if p.does("message", who) {
		p.asked[who]++
		p.questions++
	}
}

func (p *play) move() {
	moves := []string{"join", "join", "join", "leave", "kick", "ban", "unban", "unban", "restrict", "unrestrict"}
	if p.does(moves[p.crowdRng.IntN(len(moves))], p.movers[p.crowdRng.IntN(len(p.movers))]) {
		p.moves++
	}
}

func (p *play) turnAway() {
	who := p.blockers[p.crowdRng.IntN(len(p.blockers))]
	action := "block"
	if p.blocked[who] {
		action = "unblock"
	}
	if p.does(action, who) {
		p.blocked[who] = !p.blocked[who]
	}
}

// untilAnswered waits until everybody was told as often as they asked. More is an answer sent twice.
func (p *play) untilAnswered() {
	require.NoError(p.t, eventually(2*patience, func() error {
		for user, times := range p.asked {
			texts, err := p.scene.told(p.t.Context(), user)
			require.NoError(p.t, err)
			require.LessOrEqual(p.t, len(texts), times, "%d was answered twice: %q", user, texts)
			if len(texts) < times {
				return fmt.Errorf("%d asked %d times and was told %d times", user, times, len(texts))
			}
		}
		return nil
	}))
}

// compareLedger compares the ledger with what the simulator's admin log and the bot's update queue hold: each event once.
func (p *play) compareLedger() {
	r, err := roster.Open(p.path("data/roster.db"), roster.Options{ReadOnly: true, Timeout: time.Second})
	require.NoError(p.t, err)
	defer func() { require.NoError(p.t, r.Close()) }()
	group := membership.GroupID(p.scene.server.Ready().Group.ID)
	heard := map[membership.Source]map[uint64]int{membership.SourceAdminLog: {}, membership.SourceBotUpdate: {}}
	for after := uint64(0); ; {
		events, err := r.Events(p.t.Context(), group, after, 1000)
		require.NoError(p.t, err)
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			if refs := heard[e.Evidence.Source]; refs != nil {
				refs[e.Evidence.Ref]++
			}
			after = e.Seq
		}
	}
	p.t.Logf("the ledger holds %d events of the admin log and %d of the bot", len(heard[membership.SourceAdminLog]), len(heard[membership.SourceBotUpdate]))
	assert.Greater(p.t, len(heard[membership.SourceBotUpdate]), p.moves-1, "each move makes an update")
	assert.Equal(p.t, once(p.trueLog()), heard[membership.SourceAdminLog], "admin log")
	assert.Equal(p.t, once(p.trueUpdates()), heard[membership.SourceBotUpdate], "bot updates")
}

func once(refs []uint64) map[uint64]int {
	times := map[uint64]int{}
	for _, ref := range refs {
		times[ref]++
	}
	return times
}

// trueLog are the ids of all events of the simulator's admin log that are about somebody's membership.
func (p *play) trueLog() (ids []uint64) {
	ready := p.scene.server.Ready()
	for below := int64(0); ; {
		page, err := p.scene.server.World().AdminLog(world.UserID(ready.Owner.UserID), world.ChannelID(ready.Group.ID), world.LogRequest{MaxID: below, Limit: 100})
		require.NoError(p.t, err)
		if len(page.Events) == 0 {
			return ids
		}
		for _, e := range page.Events {
			ids = append(ids, uint64(e.ID))
			below = e.ID
		}
	}
}

// trueUpdates are the qts of all updates about members that the bot was sent since the play began.
func (p *play) trueUpdates() (qts []uint64) {
	w, bot := p.scene.server.World(), world.UserID(p.scene.server.Ready().Bot.UserID)
	state := w.State(bot)
	for at := p.qts; ; {
		answer, err := w.Difference(bot, world.Since{Pts: state.Pts, Qts: at, Date: state.Date})
		require.NoError(p.t, err)
		var updates []tg.UpdateClass
		next := state.Qts
		switch d := answer.(type) {
		case *tg.UpdatesDifference:
			updates = d.OtherUpdates
		case *tg.UpdatesDifferenceSlice:
			updates, next = d.OtherUpdates, d.IntermediateState.Qts
		}
		for _, u := range updates {
			if c, ok := u.(*tg.UpdateChannelParticipant); ok {
				qts = append(qts, uint64(c.Qts))
			}
		}
		if at = next; at >= state.Qts {
			return qts
		}
	}
}

func (p *play) compareRoll() {
	differences, err := p.scene.disagreements(p.t.Context(), p.command("members", "--json"))
	require.NoError(p.t, err)
	assert.Empty(p.t, differences)
}

// compareAccess: who is in and has not blocked the bot has access, and nobody else of those who had it.
func (p *play) compareAccess() {
	truth, err := p.scene.members(p.t.Context(), p.scene.server.Ready().Group.Username)
	require.NoError(p.t, err)
	in := map[int64]bool{}
	for _, m := range truth {
		in[m.ID] = m.In
	}
	for _, id := range append(append([]int64{}, p.movers...), p.blockers...) {
		var who struct{ Data whoAnswer }
		require.NoError(p.t, json.Unmarshal(p.command("who", strconv.FormatInt(id, 10), "--json"), &who))
		want := membership.Revoked
		if in[id] && !p.blocked[id] {
			want = membership.Granted
		}
		require.NotNil(p.t, who.Data.Subscriber, "%d", id)
		assert.Equal(p.t, want, who.Data.Subscriber.Access, "%d: in %t, blocked %t: %+v", id, in[id], p.blocked[id], who.Data.Subscriber)
	}
}
