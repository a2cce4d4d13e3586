package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/rpc"
)

// watched is a process whose output is read while it runs.
type watched struct {
	cmd   *exec.Cmd
	ended chan error // capacity 1: what came of it

	mu     sync.Mutex
	output bytes.Buffer             // guarded by mu
	wanted map[string]chan struct{} // guarded by mu: closed once the text is there
}

func (p *play) watch(args ...string) *watched {
	w := &watched{cmd: exec.CommandContext(p.t.Context(), "rollcall", args...), ended: make(chan error, 1), wanted: map[string]chan struct{}{}}
	w.cmd.Env, w.cmd.Stdout, w.cmd.Stderr = p.env, w, w
	require.NoError(p.t, w.cmd.Start())
	var waiter sync.WaitGroup
	waiter.Go(func() { w.ended <- w.cmd.Wait() })
	p.t.Cleanup(waiter.Wait)
	return w
}

// Write takes what the process says.
func (w *watched) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.output.Write(text)
	for wanted, there := range w.wanted {
		if strings.Contains(w.output.String(), wanted) {
			close(there)
			delete(w.wanted, wanted)
		}
	}
	return len(text), nil
}

// says is closed once the process has said so.
func (w *watched) says(text string) <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	there := make(chan struct{})
	if strings.Contains(w.output.String(), text) {
		close(there)
	} else {
		w.wanted[text] = there
	}
	return there
}

func (w *watched) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.output.String()
}

// untilSays waits until a process says so that goes on.
func (p *play) untilSays(w *watched, text string) {
	p.t.Helper()
	select {
	case <-w.says(text):
	case err := <-w.ended:
		require.FailNow(p.t, "it ended", "%v\n%s", err, w.said())
	case <-time.After(patience):
		require.FailNow(p.t, "it does not say "+text, "%s", w.said())
	}
}

// interrupted stops it as Ctrl-C does.
func (p *play) interrupted(w *watched) {
	p.t.Helper()
	require.NoError(p.t, w.cmd.Process.Signal(os.Interrupt))
	require.Error(p.t, <-w.ended)
	require.Equal(p.t, int(exitInterrupted), w.cmd.ProcessState.ExitCode(), w.said())
}

// waits is how often the owner's account was asked to wait, and how often the simulator was called meanwhile all the same. (The bot's calls go side
// by side: some are on their way when the first is told to wait.)
func (p *play) waits() (asked, broken int) {
	for _, c := range p.scene.server.Requests()["owner"] {
		asked += c.FloodWaits
		broken += c.Violations
	}
	return asked, broken
}

func (p *play) calls(method string) int { return p.scene.server.Requests()["owner"][method].Calls }

func (p *play) login() {
	p.command("login", "--phone", p.scene.environment()["PHONE"], "--code-file", p.path("secrets/code"), "--password-file", p.path("secrets/password"))
}

// TestKilledInTheMidstOfAWait kills the program while it sits out a wait, each time that it does: the next process sits out the rest. The simulator
// counts the calls that are made inside waits.
func TestKilledInTheMidstOfAWait(t *testing.T) {
	p := newPlay(t, 20260302)
	p.login()
	budgets, err := rpc.ParseBudgets("default,contacts.resolveUsername=2/1,channels.getParticipants=1/1")
	require.NoError(t, err)
	p.scene.server.SetBudgets(budgets)
	killed := 0
	for finished := false; !finished; {
		walk := p.watch("sync")
		select {
		case <-walk.says("Telegram asks to wait"):
			kill := time.AfterFunc(time.Duration(p.rng.IntN(700))*time.Millisecond, func() { _ = walk.cmd.Process.Kill() })
			finished = <-walk.ended == nil
			kill.Stop()
			killed++
		case err := <-walk.ended:
			require.NoError(t, err, walk.said())
			finished = true
		case <-time.After(patience):
			require.FailNow(t, "it hangs", "%s", walk.said())
		}
		require.True(t, finished || !walk.cmd.ProcessState.Exited(), "it failed by itself:\n%s", walk.said())
		require.Less(t, killed, 200, "no process comes any further than the one before")
	}

	asked, broken := p.waits()
	t.Logf("killed %d times; asked to wait %d times", killed, asked)
	assert.Zero(t, broken, "calls inside a wait: %v", p.scene.server.Requests())
	assert.Greater(t, killed, 3)
	assert.Greater(t, asked, 3)
}

// TestARunRestsInQuietHours: it does not walk in them, reads the admin log and serves, and lets a sync walk that somebody types. Out of
// them it walks.
func TestARunRestsInQuietHours(t *testing.T) {
	p := newPlay(t, 20260303)
	p.login()
	env, now := p.env, time.Now().UTC()
	p.env = append(env[:len(env):len(env)], "ROLLCALL_TELEGRAM_PACE_QUIET="+now.Add(-time.Hour).Format("15:04")+"-"+now.Add(2*time.Hour).Format("15:04")+" UTC")
	run := p.watch("run")
	p.untilSays(run, "quiet hours until")
	p.untilFresh()
	require.NoError(t, eventually(patience, func() error {
		if p.calls("channels.getAdminLog") == 0 {
			return textError("the admin log was not read")
		}
		return nil
	}))
	require.Zero(t, p.calls(lists))
	assert.Contains(t, string(p.command("sync", "--estimate")), "A run rests in the quiet hours")
	typed := p.watch("sync")
	require.NoError(t, <-typed.ended, typed.said())
	assert.Contains(t, typed.said(), "Quiet hours last until")
	assert.Positive(t, p.calls(lists))
	p.interrupted(run)

	// A new roster wants a walk at once.
	require.NoError(t, os.Remove(p.path("data/roster.db")))
	before := p.calls(lists)
	p.env = env
	run = p.watch("run")
	p.untilSays(run, "walk finished")
	p.interrupted(run)
	assert.Greater(t, p.calls(lists), before)
}
