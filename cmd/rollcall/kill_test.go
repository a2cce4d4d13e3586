package main

import (
	"bytes"
	"context"
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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/fault"
	"rollcall/internal/tgsim/world"
)

// killings is how often a test kills a process: so many fifths of the 50 times that all of them do together, or of as many as KILLS says
// ("make kill": a thousand).
func killings(t *testing.T, fifths int) int {
	t.Helper()
	return numberOf(t, "KILLS", 50) * fifths / 5
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
	killings := killings(t, 2)
	p := newTroubledPlay(t, tgsim.Options{Members: 300, Seed: seed, Faults: troubles(t)})
	p.open()

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
	p.conclude()
}

// open signs in, reads the group, has the gate enforced, and gives everybody their part.
func (p *play) open() {
	p.command("login", "--phone", p.scene.environment()["PHONE"], "--code-file", p.path("secrets/code"), "--password-file", p.path("secrets/password"))
	p.command("sync")
	run := p.start("run")
	p.untilFresh()
	owner := p.scene.server.Ready().Owner.UserID
	require.NoError(p.t, p.scene.act(p.t.Context(), act{Action: "start", User: owner})) // or the bot may not write to them
	p.command("gate", "enforce", "--yes")
	p.cast()
	p.stop(run)
}

// conclude has the program catch up, and compares what it holds with the truth.
func (p *play) conclude() {
	p.ask() // whose answer shows that a run is there again and heard what went before
	run := p.start("run")
	p.untilFresh()
	p.untilAnswered()
	p.untilNothingPends()
	p.stop(run)
	p.command("sync")
	p.command("check")
	p.compareLedger()
	p.compareNotes()
	p.compareTold()
	truth := p.truth(p.scene.server.Ready().Group.Username)
	p.compareRoll(truth)
	p.compareAccess(truth)
}

// play is the scene with people in it and the program beside it. All of it belongs to the test's goroutine, but for what actUntil uses
// while it runs.
type play struct {
	t     *testing.T
	scene *scene
	env   []string
	rng   *rand.Rand
	group int64
	qts   int // the bot's position before anybody acted in the group
	// notices are what the owner was to be told of groups whose notes were compared.
	notices []string

	crowdRng  *rand.Rand // actUntil's own
	askers    []int64    // they only ask
	movers    []int64    // they come, go, and are removed; each started the bot once
	blockers  []int64    // they block and unblock the bot
	asked     map[int64]int
	blocked   map[int64]bool
	moves     int
	questions int
}

func newPlay(t *testing.T, seed uint64) *play {
	return newTroubledPlay(t, tgsim.Options{Members: 300, Seed: seed})
}

func newTroubledPlay(t *testing.T, o tgsim.Options) *play {
	s, err := newScene(t.Context(), t.TempDir(), o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.server.Close()) })
	p := &play{
		t: t, scene: s, rng: rand.New(rand.NewPCG(o.Seed, 1)), crowdRng: rand.New(rand.NewPCG(o.Seed, 2)),
		asked: map[int64]int{}, blocked: map[int64]bool{},
		env: append(os.Environ(), "HOME="+s.dir, "ROLLCALL_CONFIG="+filepath.Join(s.dir, "config.yaml"), "ROLLCALL_PRUNE_BREAKER_MIN=1000000",
			// A walk without pauses would be over before it could be killed.
			"ROLLCALL_TELEGRAM_PACE_INTERVAL=50ms"),
		group: s.server.Ready().Group.ID,
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
