package session_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/gotd/td/crypto"
	"github.com/stretchr/testify/require"

	"rollcall/session"
)

func TestLoginIsKeptWithTheKeyOfItsDC(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seal := session.Passphrase(session.NewSecret("p"))
		path := filepath.Join(t.TempDir(), "owner.session.age")
		v := session.NewVault(path, seal)
		old, fresh := plainSession(t, dc, crypto.Key{1}.WithID()), plainSession(t, otherDC, crypto.Key{2}.WithID())
		require.NoError(t, v.StoreSession(t.Context(), old))
		require.NoFileExists(t, path, "nothing is signed in yet")

		kept := make(chan error, 1)
		go func() { kept <- v.Keep(t.Context(), otherDC) }()
		synctest.Wait()
		require.Empty(t, kept, "the session of the DC before is not the one")
		require.NoError(t, v.StoreSession(t.Context(), fresh))
		require.NoError(t, <-kept)

		require.NoError(t, v.StoreSession(t.Context(), old), "a key that is not signed in")
		sealed, err := os.ReadFile(path)
		require.NoError(t, err)
		got, err := seal.Open(sealed)
		require.NoError(t, err)
		require.Equal(t, fresh, got)
	})
}

func TestKeepEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	v := session.NewVault(filepath.Join(t.TempDir(), "owner.session.age"), session.Passphrase(session.NewSecret("p")))
	require.ErrorIs(t, v.Keep(ctx, dc), context.Canceled)
}
