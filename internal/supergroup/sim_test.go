package supergroup_test

import (
	"context"
	"net"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/gotd/td/session"
	"github.com/gotd/td/telegram"
	"github.com/gotd/td/telegram/dcs"
	"github.com/gotd/td/tg"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/supergroup"
	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/world"
	"rollcall/internal/walk"
)

// asOwner runs do with the owner's account of a simulated Telegram, over real MTProto.
func asOwner(t *testing.T, s *tgsim.Server, do func(ctx context.Context, api *tg.Client)) {
	t.Helper()
	r := s.Ready()
	host, portText, err := net.SplitHostPort(r.Address)
	require.NoError(t, err)
	port, err := strconv.Atoi(portText)
	require.NoError(t, err)
	text, err := os.ReadFile(r.PublicKeyFile)
	require.NoError(t, err)
	public, err := crypto.ParseRSAPublicKeys(text)
	require.NoError(t, err)
	key, err := s.SignedIn(world.UserID(r.Owner.UserID))
	require.NoError(t, err)
	var store session.StorageMemory
	loader := session.Loader{Storage: &store}
	require.NoError(t, loader.Save(t.Context(), &session.Data{DC: r.DC, AuthKey: key.Value[:], AuthKeyID: key.ID[:]}))
	c := telegram.NewClient(r.APIID, r.APIHash, telegram.Options{
		DC: r.DC, DCList: dcs.List{Options: []tg.DCOption{{ID: r.DC, IPAddress: host, Port: port, Static: true}}},
		PublicKeys: []telegram.PublicKey{{RSA: public[0]}}, Resolver: dcs.Plain(dcs.PlainOptions{}), SessionStorage: &store, NoUpdates: true,
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, c.Run(ctx, func(ctx context.Context) error {
		do(ctx, tg.NewClient(c))
		return nil
	}))
}

// ledger folds what a reader brings, as the roster will.
type ledger map[membership.UserID]*membership.Record

func (l ledger) of(u membership.UserID) *membership.Record {
	if l[u] == nil {
		l[u] = &membership.Record{}
	}
	return l[u]
}

func (l ledger) walk(ctx context.Context, t *testing.T, g *supergroup.Group, total int) membership.Checkpoint {
	t.Helper()
	walker := walk.New(walk.Options{Kind: membership.Supergroup, Level: membership.Normal, Total: total})
	for {
		cp := walker.Checkpoint()
		if cp.Done() {
			return cp
		}
		p, err := g.Page(ctx, membership.Walk{ID: 1, Checkpoint: cp}, cp.Next)
		require.NoError(t, err)
		for _, r := range walker.Take(p).Rows {
			l.of(r.Sighting.User).See(r.Sighting)
		}
	}
}

func (l ledger) tail(ctx context.Context, t *testing.T, g *supergroup.Group, after int64) (newest int64) {
	t.Helper()
	newest = after
	for below := int64(0); ; {
		p, err := g.Tail(ctx, membership.Tail{LastID: after}, below)
		require.NoError(t, err)
		if p.Rows == 0 {
			return newest
		}
		for _, e := range p.Events {
			l.of(e.User).Apply(e)
		}
		newest, below = max(newest, p.Newest), p.Oldest
	}
}

// agree compares what was folded with the world's truth: nobody is taken for in or out who is not, and everybody who is inside and
// whom Telegram lists is known to be.
func (l ledger) agree(t *testing.T, s *tgsim.Server) {
	t.Helper()
	facts, err := s.World().Truth("")
	require.NoError(t, err)
	now := membership.At(time.Now())
	for _, f := range facts {
		got := l.of(membership.UserID(f.ID)).Standing(now)
		switch {
		case f.In && !f.Deleted:
			require.Equal(t, membership.In, got.Presence, "%+v", f)
		case f.In:
			require.NotEqual(t, membership.Out, got.Presence, "%+v", f)
		default:
			require.NotEqual(t, membership.In, got.Presence, "%+v", f)
		}
	}
}

func TestAgainstASimulatedTelegram(t *testing.T) {
	s, err := tgsim.Start(t.Context(), tgsim.Options{Members: 1000, Seed: 11})
	require.NoError(t, err)
	defer func() { require.NoError(t, s.Close()) }()
	r, w := s.Ready(), s.World()
	asOwner(t, s, func(ctx context.Context, api *tg.Client) {
		mine, err := supergroup.List(ctx, api)
		require.NoError(t, err)
		require.Contains(t, ids(mine), -1_000_000_000_000-r.Group.ID)
		found, err := supergroup.Find(ctx, api, "https://t.me/"+r.Group.Username)
		require.NoError(t, err)
		byID, err := supergroup.Find(ctx, api, strconv.FormatInt(found.Marked(), 10))
		require.NoError(t, err)
		require.Equal(t, found, byID)
		require.True(t, found.Creator)

		h, l := hashes{}, ledger{}
		g := supergroup.New(api, supergroup.Config{Group: found, Me: membership.UserID(r.Owner.UserID), Hashes: h})
		d, err := g.Describe(ctx)
		require.NoError(t, err)
		require.Equal(t, found.AccessHash, d.AccessHash)
		cp := l.walk(ctx, t, g, d.Total)
		require.Empty(t, cp.Truncated)
		lists := slices.DeleteFunc(membership.Lists(), func(l membership.List) bool { return l == membership.ListBots })
		require.Equal(t, lists, cp.Full, "the recent list was whole, and had the bots")
		recent := (cp.Counts[membership.ListRecent] + membership.PageLimit - 1) / membership.PageLimit
		require.Equal(t, recent+len(lists)-1, cp.Calls, "a page costs a call, each of the other lists one")
		require.LessOrEqual(t, cp.Calls, 8)
		newest := l.tail(ctx, t, g, 0)
		l.agree(t, s)

		left, kicked, banned := somebody(t, s, 0), somebody(t, s, 1), somebody(t, s, 2)
		require.NoError(t, w.Leave(left, w.Group().ID))
		require.NoError(t, w.Kick(w.Owner(), kicked, w.Group().ID))
		_, err = w.EditBanned(w.Owner(), banned, w.Group().ID, tg.ChatBannedRights{ViewMessages: true})
		require.NoError(t, err)
		require.Greater(t, l.tail(ctx, t, g, newest), newest)
		l.agree(t, s)
		for user, want := range map[world.UserID]membership.Departure{
			left: membership.Left, kicked: membership.Kicked, banned: membership.Banned,
		} {
			u := membership.UserID(user)
			require.Equal(t, want, l.of(u).Standing(membership.At(time.Now())).Departure)
			f, err := g.LookUp(ctx, u)
			require.NoError(t, err)
			require.Equal(t, membership.Out, f.Event.State.Presence)
		}
		f, err := g.LookUp(ctx, membership.UserID(somebody(t, s, 3)))
		require.NoError(t, err)
		require.Equal(t, membership.In, f.Event.State.Presence)
		require.NotNil(t, f.Profile)
		l.walk(ctx, t, g, d.Total)
		l.agree(t, s)
	})
}

// somebody is the n-th plain member.
func somebody(t *testing.T, s *tgsim.Server, n int) world.UserID {
	t.Helper()
	facts, err := s.World().Truth("")
	require.NoError(t, err)
	for _, f := range facts {
		if f.Status != "member" || f.Deleted || f.Bot {
			continue
		}
		if n == 0 {
			return f.ID
		}
		n--
	}
	require.FailNow(t, "the world has too few members")
	return 0
}
