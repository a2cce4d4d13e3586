package main

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
	"rollcall/session"
)

// An account that cannot be had at the start is tried again while the other works. Where neither can, there is nothing to run: most likely the
// configuration is wrong. What is ours ends the run in any case.
func TestAnAccountThatCannotBeHadAtTheStart(t *testing.T) {
	unreachable := session.ErrUnreachable
	works := error(nil)
	for _, c := range []struct {
		name       string
		bot, owner []error // what comes of its turns, one after the other; the last one goes on
		ends       error
	}{
		{"the bot, for two minutes", []error{unreachable, unreachable, works}, []error{works}, nil},
		{"the owner's account, for two minutes", []error{works}, []error{unreachable, unreachable, works}, nil},
		{"neither", []error{unreachable}, []error{unreachable}, unreachable},
		{"the bot, and the owner's account is signed out", []error{unreachable}, []error{session.ErrSessionEnded}, unreachable},
		{"the owner's account, and the bot is signed out", []error{session.ErrSessionEnded}, []error{unreachable}, unreachable},
		{"the bot is held by another process", []error{&session.HeldError{}}, []error{works}, &session.HeldError{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, err := roster.Open(filepath.Join(t.TempDir(), "roster.db"), roster.Options{})
				require.NoError(t, err)
				defer func() { require.NoError(t, r.Close()) }()
				group := membership.Group{ID: 7, Kind: membership.Supergroup}
				require.NoError(t, r.PutGroup(t.Context(), group))
				cfg := Config{DataDir: t.TempDir()}
				l := &live{
					app: &app{now: time.Now}, log: zap.NewNop(), group: group, cfg: cfg, desk: desk{cfg: cfg, roster: r, now: time.Now},
					away: map[session.Kind]error{}, failures: map[session.Kind]error{},
				}
				at := map[session.Kind]*int{session.Bot: new(int), session.Owner: new(int)}
				turns := func(kind session.Kind, results []error) func(context.Context) error {
					turn := at[kind]
					work := func(ctx context.Context, s shift) (session.Login, error) {
						err := results[min(*turn, len(results)-1)]
						*turn++
						if err != nil {
							<-time.After(2 * time.Second) // as long as it takes to find out
							return session.Login{}, err
						}
						if err := l.came(ctx, s); err != nil {
							return session.Login{}, err
						}
						<-ctx.Done()
						return session.Login{}, ctx.Err()
					}
					return func(ctx context.Context) error { return l.staffed(ctx, shift{kind: kind, who: 1, work: work}) }
				}
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
				defer cancel()
				g, ctx := errgroup.WithContext(ctx)
				for kind, results := range map[session.Kind][]error{session.Bot: c.bot, session.Owner: c.owner} {
					run := turns(kind, results)
					g.Go(func() error { return run(ctx) })
				}
				err = g.Wait()
				if c.ends != nil {
					require.Equal(t, judge(c.ends).code, judge(err).code)
					require.NotErrorIs(t, err, context.DeadlineExceeded)
					return
				}
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, len(c.bot), *at[session.Bot])
				require.Equal(t, len(c.owner), *at[session.Owner])
			})
		})
	}
}
