package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
)

// BenchmarkSync is `rollcall sync` of a group of 200,000 as a whole process, at zero pace, with its roster, its access hashes and its
// certificate, beside a bare loop over the same pages that keeps the rows in maps. The simulator is a process of its own. Compared is
// the processor time of the two processes, user and system: at most three times the bare loop's is allowed (x-bare), and 128 MB of
// anonymous memory.
func BenchmarkSync(b *testing.B) {
	dir := b.TempDir()
	ready := serveApart(b, dir, benchMembers)
	require.NoError(b, configure(dir, ready))
	env := append(os.Environ(), "HOME="+dir, "ROLLCALL_CONFIG="+filepath.Join(dir, "config.yaml"))
	spend(b, env, "bareloop", "login", dir)
	spend(b, env, "bareloop", "record", dir)

	for i := 0; b.Loop(); i++ {
		env := append(env, "ROLLCALL_DATA_DIR="+filepath.Join(dir, strconv.Itoa(i)))
		spend(b, env, "rollcall", "login", "--phone", ready.Owner.Phone, "--code-file", filepath.Join(dir, "secrets/code"),
			"--password-file", filepath.Join(dir, "secrets/password"))
		before := spend(b, env, "bareloop", "read", dir)
		sync := spend(b, env, "rollcall", "sync", "--json")
		compareLoads(b, before.mean(spend(b, env, "bareloop", "read", dir)), sync)
	}
}

// compareLoads reports both. What else the machine does changes each of them by a tenth: the bare loop ran before and after.
func compareLoads(b *testing.B, bare, sync expense) {
	b.Helper()
	var tally bareTally
	require.NoError(b, json.Unmarshal(bare.output, &tally))
	var synced struct{ Data syncAnswer }
	require.NoError(b, json.Unmarshal(sync.output, &synced))
	calls := synced.Data.Certificate.Calls
	require.InEpsilon(b, tally.Pages, calls, 0.01, "they did not read the same")
	b.ReportMetric(float64(calls), "pages")
	b.ReportMetric(100*float64(tally.Full)/float64(tally.Pages), "%full")
	bare.report(b, "bare", tally.Pages)
	sync.report(b, "sync", calls)
	b.ReportMetric(sync.each(calls)/bare.each(tally.Pages), "x-bare")
}

// expense is what a process took.
type expense struct {
	output    []byte
	cpu, wall time.Duration
	anonymous int // kB of memory that is no file's, at most
}

// mean is of two runs of the same.
func (e expense) mean(f expense) expense {
	e.cpu, e.wall, e.anonymous = (e.cpu+f.cpu)/2, (e.wall+f.wall)/2, max(e.anonymous, f.anonymous)
	return e
}

// each is the microseconds of processor time a page.
func (e expense) each(pages int) float64 { return float64(e.cpu.Microseconds()) / float64(pages) }

func (e expense) report(b *testing.B, name string, pages int) {
	b.Helper()
	b.ReportMetric(e.cpu.Seconds(), name+"-cpu-s")
	b.ReportMetric(e.each(pages), name+"-cpu-µs/page")
	b.ReportMetric(e.wall.Seconds(), name+"-s")
	b.ReportMetric(float64(e.anonymous)/1024, name+"-MB")
}

// spend runs a program to its end.
func spend(b *testing.B, env []string, program string, args ...string) expense {
	b.Helper()
	var e expense
	var output, complaints bytes.Buffer
	cmd := exec.CommandContext(b.Context(), program, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = env, &output, &complaints
	began := time.Now()
	require.NoError(b, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.anonymous = max(e.anonymous, anonymousMemory(cmd.Process.Pid))
			continue
		case err := <-ended:
			require.NoError(b, err, "%s %v: %s", program, args, &complaints)
		}
		break
	}
	e.output, e.wall, e.cpu = output.Bytes(), time.Since(began), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	return e
}

var rssAnon = regexp.MustCompile(`(?m)^RssAnon:\s+(\d+) kB$`)

// anonymousMemory is what the process has in memory that is no file's, in kB; 0 where the system does not say.
func anonymousMemory(pid int) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	found := rssAnon.FindSubmatch(status)
	if found == nil {
		return 0
	}
	kb, err := strconv.Atoi(string(found[1]))
	if err != nil {
		return 0
	}
	return kb
}

// serveApart serves a simulator in a process of its own until the benchmark ends, and says in dir where it is.
func serveApart(b *testing.B, dir string, members int) tgsim.Ready {
	b.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), "bareloop", "serve", strconv.Itoa(members), "77")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	require.NoError(b, err)
	out, err := cmd.StdoutPipe()
	require.NoError(b, err)
	require.NoError(b, cmd.Start())
	b.Cleanup(func() { require.NoError(b, errors.Join(in.Close(), cmd.Wait())) })
	var raw json.RawMessage
	require.NoError(b, json.NewDecoder(out).Decode(&raw))
	require.NoError(b, os.WriteFile(filepath.Join(dir, "ready.json"), raw, 0o600))
	var ready tgsim.Ready
	require.NoError(b, json.Unmarshal(raw, &ready))
	return ready
}
