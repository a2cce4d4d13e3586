package session_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/gotd/td/tg"
	"github.com/gotd/td/tgerr"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
	"rollcall/session"
)

// simulated is the configuration of an account of the simulator's, as cmd would make it from a ready file.
func simulated(t *testing.T, r tgsim.Ready, dir string, kind session.Kind) session.Config {
	t.Helper()
	key, err := os.ReadFile(r.PublicKeyFile)
	require.NoError(t, err)
	return session.Config{
		Kind: kind, Dir: filepath.Join(dir, "session"), Seal: session.Identity(filepath.Join(dir, "identity.txt")),
		Server: session.Server{Address: r.Address, DC: r.DC, PublicKeyPEM: key},
		APIID:  r.APIID, APIHash: session.NewSecret(r.APIHash), Pace: session.PaceEvery(0),
	}
}

// caller is a person who knows the simulator's owner.
type caller struct {
	person
	phone string
}

func (c *caller) Phone(context.Context) (string, error) { return c.phone, nil }

func TestBothAccountsOverTCP(t *testing.T) {
	sim, err := tgsim.Start(t.Context(), tgsim.Options{Members: 5, Seed: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	r, dir := sim.Ready(), t.TempDir()

	owner, err := session.Open(simulated(t, r, dir, session.Owner))
	require.NoError(t, err)
	ann := &caller{phone: r.Owner.Phone, person: person{
		codes: []string{"00000", r.Owner.Code}, passwords: []string{"not it", r.Owner.Password},
	}}
	self, err := owner.LoginOwner(t.Context(), ann)
	require.NoError(t, err)
	require.Equal(t, r.Owner.UserID, self.ID)
	require.Len(t, ann.hints, 2, "a wrong password is asked for again")

	bot, err := session.Open(simulated(t, r, dir, session.Bot))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bot.Close()) })
	self, err = bot.LoginBot(t.Context(), session.NewSecret(r.Bot.Token))
	require.NoError(t, err)
	require.Equal(t, r.Bot.Username, self.Username)

	require.NoError(t, owner.Close())
	owner, err = session.Open(simulated(t, r, dir, session.Owner))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, owner.Close()) })
	require.NoError(t, owner.Run(t.Context(), func(ctx context.Context, api *tg.Client) error {
		return bot.Run(ctx, func(ctx context.Context, asBot *tg.Client) error {
			_, err := api.MessagesGetDialogs(ctx, &tg.MessagesGetDialogsRequest{OffsetPeer: &tg.InputPeerEmpty{}, Limit: 10})
			require.NoError(t, err)
			_, err = asBot.MessagesGetDialogs(ctx, &tg.MessagesGetDialogsRequest{OffsetPeer: &tg.InputPeerEmpty{}, Limit: 10})
			require.True(t, tgerr.Is(err, "BOT_METHOD_INVALID"), err)
			return nil
		})
	}))
	require.NoError(t, owner.Logout(t.Context()))
	require.ErrorIs(t, owner.Run(t.Context(), nothing), session.ErrNotSignedIn)
}

func TestWrongPasswordsEndTheLogin(t *testing.T) {
	sim, err := tgsim.Start(t.Context(), tgsim.Options{Members: 1, Seed: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	r := sim.Ready()
	owner, err := session.Open(simulated(t, r, t.TempDir(), session.Owner))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, owner.Close()) })
	wrong := &caller{phone: r.Owner.Phone, person: person{codes: []string{r.Owner.Code}, passwords: []string{"a", "b", "c", "d"}}}
	_, err = owner.LoginOwner(t.Context(), wrong)
	require.ErrorIs(t, err, session.ErrPasswordWrong)
	require.Len(t, wrong.hints, 3)
	require.False(t, owner.SignedIn())
}
