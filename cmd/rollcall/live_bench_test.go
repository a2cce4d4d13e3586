package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/rpc"
)

// BenchmarkIdle is what a run holds in memory once it has walked its group and has nothing to do: the most in the second half of two and a half
// minutes. A first run walks twice, since the bot's updates begin while the first walk is under way. Allowed are 40 MB for 10,000 members and 80 MB for 200,000.
func BenchmarkIdle(b *testing.B) {
	for _, members := range []int{10_000, benchMembers} {
		b.Run(strconv.Itoa(members), func(b *testing.B) {
			for b.Loop() {
				r := runApart(b, members)
				walked := r.memory(0)
				r.memory(90 * time.Second) // within which the second walk begins
				r.untilWalked()
				idle := r.memory(150 * time.Second)
				r.stop()
				b.ReportMetric(megabytes(walked), "walked-MB")
				b.ReportMetric(megabytes(idle), "idle-MB")
			}
		})
	}
}

const (
	raiders  = 30_000
	raidTime = time.Minute
)

// BenchmarkRaid has 30,000 join a group of 2,000 within a minute, ten times as fast as they would, and nothing slows the owner's account.
// Allowed are 150 MB of memory, no message, and no call a join beyond the pages of the admin log; everybody is known in at the end.
func BenchmarkRaid(b *testing.B) {
	for b.Loop() {
		r := runApart(b, 2000)
		before := r.requests()
		require.NoError(b, r.call(b.Context(), http.MethodPost, "/v1/unrest", map[string]any{"raid": raiders, "over": raidTime.String()}, nil))
		began := time.Now()
		peak := r.memory(raidTime)
		var known, was int
		for known < raiders+2000*9/10 || known > was { // the last of them are still coming
			require.Less(b, time.Since(began), 10*raidTime, "%d are known in", known)
			peak = max(peak, r.memory(time.Second))
			known, was = r.status().Members.In, known
		}
		b.ReportMetric(time.Since(began).Seconds(), "s-until-known")
		after := r.requests()
		r.stop()
		require.Zero(b, count(after, "messages.sendMessage"), "the raid was written to")
		lookups := count(after, "channels.getParticipant") - count(before, "channels.getParticipant")
		require.Less(b, lookups, 20, "people were looked up; the bot asks about itself once a minute")
		b.ReportMetric(megabytes(peak), "MB")
		b.ReportMetric(float64(count(after, "")-count(before, ""))/raiders, "calls/join")
		b.ReportMetric(float64(count(after, "channels.getAdminLog")-count(before, "channels.getAdminLog")), "log-pages")
		b.ReportMetric(float64(r.lost()), "lost")
	}
}

func megabytes(kb int) float64 { return float64(kb) / 1024 }

// apart is a run of the program, and a simulator, in processes of their own.
type apart struct {
	stage
	b      *testing.B
	env    []string
	ready  tgsim.Ready
	cmd    *exec.Cmd
	output *bytes.Buffer // to be read once it ended
}

// runApart begins a run and returns once it has walked the group and is fresh.
func runApart(b *testing.B, members int) *apart {
	b.Helper()
	dir := b.TempDir()
	r := &apart{b: b, ready: serveApart(b, dir, members), output: &bytes.Buffer{}}
	r.base = r.ready.Control
	require.NoError(b, configure(dir, r.ready))
	r.env = append(os.Environ(), "HOME="+dir, "ROLLCALL_CONFIG="+filepath.Join(dir, "config.yaml"))
	spend(b, r.env, "rollcall", "login", "--phone", r.ready.Owner.Phone, "--code-file", filepath.Join(dir, "secrets/code"),
		"--password-file", filepath.Join(dir, "secrets/password"))
	r.cmd = exec.CommandContext(b.Context(), "rollcall", "run")
	r.cmd.Env, r.cmd.Stderr = r.env, r.output
	require.NoError(b, r.cmd.Start())
	r.untilWalked()
	return r
}

// untilWalked waits until the newest walk has ended and the gate is fresh.
func (r *apart) untilWalked() {
	require.NoError(r.b, eventually(10*time.Minute, func() error {
		if s := r.status(); s.Walk == nil || s.Walk.Ended == 0 || s.Gate.Mode.String() != "fresh" {
			return fmt.Errorf("not walked yet: %+v", s.Walk)
		}
		return nil
	}))
}

func (r *apart) status() (s statusAnswer) {
	cmd := exec.CommandContext(r.b.Context(), "rollcall", "status", "--json")
	cmd.Env = r.env
	out, err := cmd.Output()
	if ended, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || len(out) == 0) {
		require.True(r.b, ok && (ended.ExitCode() == int(exitNotFound) || ended.ExitCode() == int(exitDegraded)), "%v", err)
		return s
	}
	var answer struct{ Data statusAnswer }
	require.NoError(r.b, json.Unmarshal(out, &answer))
	return answer.Data
}

// memory looks at the run's for so long, and says the most of the last half of it.
func (r *apart) memory(d time.Duration) (most int) {
	began := time.Now()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for ; time.Since(began) < d; <-tick.C {
		if time.Since(began) >= d/2 {
			most = max(most, anonymousMemory(r.cmd.Process.Pid))
		}
	}
	return max(most, anonymousMemory(r.cmd.Process.Pid))
}

func (r *apart) requests() (called map[string]map[string]rpc.Calls) {
	require.NoError(r.b, r.call(r.b.Context(), http.MethodGet, "/v1/requests", nil, &called))
	return called
}

// count is how often both accounts called the method, or "" anything.
func count(called map[string]map[string]rpc.Calls, method string) (n int) {
	for _, methods := range called {
		for name, c := range methods {
			if method == "" || method == name {
				n += c.Calls
			}
		}
	}
	return n
}

// lost is how many are in and not known to be, or the other way round.
func (r *apart) lost() int {
	s := &scene{stage: r.stage}
	truth, err := s.members(r.b.Context(), r.ready.Group.Username)
	require.NoError(r.b, err)
	out := spend(r.b, r.env, "rollcall", "members", "--json").output
	var roll rollOutput
	require.NoError(r.b, json.Unmarshal(out, &roll))
	return len(compareRoll(truth, roll.Data).differences)
}

func (r *apart) stop() {
	require.NoError(r.b, r.cmd.Process.Signal(syscall.SIGTERM))
	ended, ok := errors.AsType[*exec.ExitError](r.cmd.Wait())
	require.True(r.b, ok && ended.ExitCode() == int(exitInterrupted), "%s", r.output)
}
