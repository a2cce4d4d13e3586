package tgsim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/auth"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/rpc"
	"rollcall/internal/tgsim/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t testing.TB, o tgsim.Options) *tgsim.Server {
	t.Helper()
	s, err := tgsim.Start(context.Background(), o)
	require.NoError(t, err)
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		require.NoError(t, s.Close())
	})
	return s
}

// client is a stock client that knows nothing but the ready file. key may be nil.
func client(t testing.TB, r tgsim.Ready, key *crypto.AuthKey, updates telegram.UpdateHandler) *telegram.Client {
	t.Helper()
	host, portText, err := net.SplitHostPort(r.Address)
	require.NoError(t, err)
	port, err := strconv.Atoi(portText)
	require.NoError(t, err)
	var store session.StorageMemory
	if key != nil {
		loader := session.Loader{Storage: &store}
		require.NoError(t, loader.Save(t.Context(), &session.Data{DC: r.DC, AuthKey: key.Value[:], AuthKeyID: key.ID[:]}))
	}
	return telegram.NewClient(r.APIID, r.APIHash, telegram.Options{
		DC: r.DC, DCList: dcs.List{Options: []tg.DCOption{{ID: r.DC, IPAddress: host, Port: port, Static: true}}},
		PublicKeys:     []telegram.PublicKey{{RSA: publicKey(t, r)}},
		Resolver:       dcs.Plain(dcs.PlainOptions{}),
		SessionStorage: &store, UpdateHandler: updates, NoUpdates: updates == nil,
	})
}

func run(t testing.TB, c *telegram.Client, do func(ctx context.Context, api *tg.Client)) {
	t.Helper()
	patience := 20 * time.Second
	if _, ok := t.(*testing.B); ok {
		patience = 10 * time.Minute
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, c.Run(ctx, func(ctx context.Context) error {
		do(ctx, tg.NewClient(c))
		return nil
	}))
}

// signedIn is a client of the account, born with its login.
func signedIn(t testing.TB, s *tgsim.Server, account world.UserID, updates telegram.UpdateHandler) *telegram.Client {
	t.Helper()
	key, err := s.SignedIn(account)
	require.NoError(t, err)
	return client(t, s.Ready(), &key, updates)
}

func act(t testing.TB, s *tgsim.Server, action string, user world.UserID) {
	t.Helper()
	body := fmt.Sprintf(`{"action":%q,"user":%d,"group":%q}`, action, user, s.Ready().Group.Username)
	resp, err := http.Post(s.Ready().Control+"/v1/act", "application/json", strings.NewReader(body))
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, http.StatusOK, resp.StatusCode, action)
}

// The ready file is all that a client needs, and private.
func TestReadyFileIsEnoughToLogIn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ready.json")
	require.NoError(t, os.WriteFile(path, []byte("of an earlier run"), 0o644))
	s := start(t, tgsim.Options{Members: 50, Seed: 3, Ready: path})
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	var r tgsim.Ready
	require.NoError(t, json.Unmarshal(data, &r))
	assert.Equal(t, s.Ready(), r)

	c := client(t, r, nil, nil)
	run(t, c, func(ctx context.Context, api *tg.Client) {
		flow := auth.NewFlow(auth.Constant(r.Owner.Phone, r.Owner.Password,
			auth.CodeAuthenticatorFunc(func(context.Context, *tg.AuthSentCode) (string, error) { return r.Owner.Code, nil })),
			auth.SendCodeOptions{})
		require.NoError(t, c.Auth().IfNecessary(ctx, flow))
		self, err := c.Self(ctx)
		require.NoError(t, err)
		assert.Equal(t, r.Owner.UserID, self.ID)
		got, err := api.ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: r.Group.Username})
		require.NoError(t, err)
		channel := got.Chats[0].(*tg.Channel)
		assert.Equal(t, r.Group.ID, channel.ID)
		assert.Equal(t, r.Group.Title, channel.Title)
		assert.NotZero(t, channel.AccessHash)
	})
	require.NoError(t, s.Close())
	_, err = os.Stat(path)
	assert.ErrorIs(t, err, fs.ErrNotExist)
}

// What happens in the group reaches the bot as an update, and the truth says the same.
func TestActsReachTheBot(t *testing.T) {
	s := start(t, tgsim.Options{Members: 50, Seed: 3})
	got := make(chan *tg.UpdateChannelParticipant, 10)
	c := signedIn(t, s, s.World().Bot(), telegram.UpdateHandlerFunc(func(_ context.Context, u tg.UpdatesClass) error {
		if all, ok := u.(*tg.Updates); ok {
			for _, one := range all.Updates {
				if p, ok := one.(*tg.UpdateChannelParticipant); ok {
					got <- p
				}
			}
		}
		return nil
	}))
	run(t, c, func(ctx context.Context, api *tg.Client) {
		before, err := api.UpdatesGetState(ctx)
		require.NoError(t, err)
		stranger, _ := s.World().Stranger()
		act(t, s, "join", stranger)
		select {
		case u := <-got:
			assert.Equal(t, int64(stranger), u.UserID)
			assert.Equal(t, before.Qts+1, u.Qts)
		case <-ctx.Done():
			t.Error("the update did not come")
		}
	})
	assert.Equal(t, 1, s.Requests()["bot"]["updates.getState"].Calls)
}

func TestSameSeedSameTelegram(t *testing.T) {
	o := tgsim.Options{Members: 60, Seed: 11}
	a, b := start(t, o).Ready(), start(t, o).Ready()
	assert.NotEqual(t, a.Address, b.Address)
	b.Address, b.Control, b.PublicKeyFile = a.Address, a.Control, a.PublicKeyFile
	assert.Equal(t, a, b)
	o.Seed++
	assert.NotEqual(t, a.Bot.Token, start(t, o).Ready().Bot.Token)
	o.NoPassword = true
	assert.Empty(t, start(t, o).Ready().Owner.Password)
}

func TestRule28EndedSessionIsToldSo(t *testing.T) {
	s := start(t, tgsim.Options{Members: 50, Seed: 3})
	c := signedIn(t, s, s.World().Owner(), nil)
	run(t, c, func(ctx context.Context, api *tg.Client) {
		_, err := api.UpdatesGetState(ctx)
		require.NoError(t, err)
		require.NoError(t, s.EndSessions(s.World().Owner()))
		require.Eventually(t, func() bool {
			_, err = api.UpdatesGetState(ctx)
			return tgerr.Is(err, "SESSION_REVOKED")
		}, 10*time.Second, time.Millisecond, "got %v", err)
	})
}

func TestStartFailsCleanly(t *testing.T) {
	s := start(t, tgsim.Options{Members: 50})
	path := filepath.Join(t.TempDir(), "ready.json")
	_, err := tgsim.Start(t.Context(), tgsim.Options{Listen: s.Ready().Address, Ready: path})
	require.ErrorContains(t, err, "address already in use")
	assert.NoFileExists(t, path)
	_, err = tgsim.Start(t.Context(), tgsim.Options{Ready: filepath.Join(path, "no", "such", "folder")})
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestContextEndsIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s, err := tgsim.Start(ctx, tgsim.Options{Members: 50})
	require.NoError(t, err)
	cancel()
	require.NoError(t, s.Wait())
	require.NoError(t, s.Close())
	assert.NoFileExists(t, s.Ready().PublicKeyFile)
}

// Pages of 200 participants as a walk asks for them, so many in flight, client and server in this process.
func BenchmarkPages(b *testing.B) {
	for _, flight := range []int{1, 8} {
		b.Run(strconv.Itoa(flight), func(b *testing.B) { benchmarkPages(b, flight, tgsim.Protocol{}) })
	}
	b.Run("8packed", func(b *testing.B) { benchmarkPages(b, 8, tgsim.Protocol{PackOver: 512}) })
}

func benchmarkPages(b *testing.B, flight int, p tgsim.Protocol) {
	s := start(b, tgsim.Options{Members: 20_000, Seed: 1, Budgets: rpc.Unlimited(), Protocol: p})
	c := signedIn(b, s, s.World().Owner(), nil)
	run(b, c, func(ctx context.Context, api *tg.Client) {
		got, err := api.ContactsResolveUsername(ctx, &tg.ContactsResolveUsernameRequest{Username: s.Ready().Group.Username})
		require.NoError(b, err)
		group := got.Chats[0].(*tg.Channel).AsInput()
		b.ReportAllocs()
		b.ResetTimer()
		before := processorTime(b)
		var next atomic.Int64
		var all errgroup.Group
		for range flight {
			all.Go(func() error {
				for {
					n := int(next.Add(1)) - 1
					if n >= b.N {
						return nil
					}
					_, err := api.ChannelsGetParticipants(ctx, &tg.ChannelsGetParticipantsRequest{
						Channel: group, Filter: &tg.ChannelParticipantsRecent{}, Offset: n * 200 % 9800, Limit: 200,
					})
					if err != nil {
						return err
					}
				}
			})
		}
		require.NoError(b, all.Wait())
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pages/s")
		b.ReportMetric(float64((processorTime(b)-before).Microseconds())/float64(b.N), "cpu-µs/page")
	})
}

// processorTime is what this process has used of the processors: on a busy machine the figure to go by.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
