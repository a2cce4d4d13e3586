package main

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/scenario"
)

// stopsWithin is how long a run may take to end after the first signal, whatever it is doing.
const stopsWithin = 5 * time.Second

// TestRunStopsAtOnce stops a run at its busiest and at its most helpless. Whatever it had heard is stored, and the roster is whole.
func TestRunStopsAtOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		at   func(p *play) *watched // a run that is where it is to be stopped
	}{
		{"while it walks", func(p *play) *watched {
			run := p.watch("run")
			p.untilSays(run, "walk begins")
			return run
		}},
		{"while it waits as Telegram asked it to", func(p *play) *watched {
			budgets, err := rpc.ParseBudgets("default,channels.getParticipants=1/0.001")
			require.NoError(p.t, err)
			p.scene.server.SetBudgets(budgets)
			run := p.watch("run")
			p.untilSays(run, "Telegram asks to wait")
			return run
		}},
		{"while the server is silent", func(p *play) *watched {
			run := p.watch("run")
			p.untilSays(run, "walk begins")
			p.plays("fault silence calls")
			return run
		}},
		{"while the server is frozen", func(p *play) *watched {
			road := p.road()
			run := p.watch("run")
			p.untilSays(run, "walk begins")
			road.freeze()
			return run
		}},
		{"while it connects to a server that says nothing", func(p *play) *watched {
			p.command("sync") // from which the run knows the group
			p.road().freeze()
			run := p.watch("run")
			p.untilSays(run, "run begins")
			return run
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPlay(t, 20261121)
			p.login()
			p.env = append(p.env, "ROLLCALL_TELEGRAM_PACE_INTERVAL=1s")
			p.stopsInTime(c.at(p))
			p.command("check")
		})
	}
}

// TestRunStopsAtOnceBesideASync stops a run while it works for somebody who typed sync, who is told what became of it.
func TestRunStopsAtOnceBesideASync(t *testing.T) {
	t.Parallel()
	p := newPlay(t, 20261122)
	p.login()
	p.command("sync")
	p.env = append(p.env, "ROLLCALL_TELEGRAM_PACE_INTERVAL=2s")
	run := p.watch("run")
	p.untilSays(run, "the owner's account is connected")
	before := p.calls("channels.getParticipants")
	typed := p.watch("sync")
	require.NoError(t, eventually(patience, func() error {
		if p.calls("channels.getParticipants") == before {
			return errors.New("the sync has not begun")
		}
		return nil
	}))
	p.stopsInTime(run)
	require.Error(t, <-typed.ended)
	assert.Equal(t, int(exitUnexpected), typed.cmd.ProcessState.ExitCode(), typed.said())
	assert.Contains(t, typed.said(), "the process that held the roster ended before it answered")
	assert.Contains(t, typed.said(), "hint: what it had stored is kept; run the command again")
	p.command("check")
}

func (p *play) stopsInTime(run *watched) {
	p.t.Helper()
	require.NoError(p.t, run.cmd.Process.Signal(syscall.SIGTERM))
	select {
	case err := <-run.ended:
		require.Error(p.t, err)
	case <-time.After(stopsWithin):
		require.NoError(p.t, run.cmd.Process.Signal(os.Kill))
		require.Fail(p.t, "it does not stop", "%s", run.said())
	}
	require.Equal(p.t, int(exitInterrupted), run.cmd.ProcessState.ExitCode(), run.said())
}

func (p *play) plays(text string) {
	p.t.Helper()
	played, err := scenario.Parse(strings.NewReader(text))
	require.NoError(p.t, err)
	require.NoError(p.t, scenario.Player{Stage: p.scene.server.Stage(), Seed: 1}.Play(p.t.Context(), played))
}

// road is the way to the server, which can freeze: connections stand and are accepted, and nothing moves on them any more.
type road struct {
	frozen chan struct{} // closed by freeze
}

// road has the program go over a road.
func (p *play) road() *road {
	l, err := (&net.ListenConfig{}).Listen(p.t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(p.t, err)
	r := &road{frozen: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	var used sync.WaitGroup
	p.t.Cleanup(used.Wait)
	p.t.Cleanup(cancel)
	p.t.Cleanup(func() { _ = l.Close() })
	used.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.scene.server.Ready().Address)
			if err != nil {
				_ = near.Close()
				continue
			}
			used.Go(func() { r.carry(ctx, far, near) })
			used.Go(func() { r.carry(ctx, near, far) })
		}
	})
	p.env = append(p.env, "ROLLCALL_TELEGRAM_SERVER_ADDRESS="+l.Addr().String())
	return r
}

func (r *road) freeze() { close(r.frozen) }

// carry carries what comes until the road freezes; then it holds the connection open until the test is over.
func (r *road) carry(ctx context.Context, to, from net.Conn) {
	defer func() { _ = to.Close() }()
	defer context.AfterFunc(ctx, func() { _ = from.Close() })()
	b := make([]byte, 32<<10)
	for {
		n, err := from.Read(b)
		select {
		case <-r.frozen:
			<-ctx.Done()
			return
		default:
		}
		if _, writeErr := to.Write(b[:n]); err != nil || writeErr != nil {
			return
		}
	}
}
