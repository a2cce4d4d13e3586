package session_test

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/gotd/td/crypto"
	"github.com/stretchr/testify/require"

	"rollcall/session"
)

func TestSealRoundTrip(t *testing.T) {
	plain := []byte(`{"Version":1}`)
	sealers := map[string]func() session.Sealer{
		"passphrase": func() session.Sealer { return session.Passphrase(session.NewSecret("correct horse")) },
	}
	path := filepath.Join(t.TempDir(), "config", "identity.txt")
	sealers["identity"] = func() session.Sealer { return session.Identity(path) }
	for name, sealer := range sealers {
		t.Run(name, func(t *testing.T) {
			sealed, err := sealer().Seal(plain)
			require.NoError(t, err)
			require.NotContains(t, string(sealed), "Version")
			got, err := sealer().Open(sealed)
			require.NoError(t, err)
			require.Equal(t, plain, got)
		})
	}
	requireMode(t, path, 0o600)
	requireMode(t, filepath.Dir(path), 0o700)
}

func TestIdentityFileIsWrittenWhereItIsNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "of another disk"))
	_, err := session.Identity("identity.txt").Seal(nil)
	require.NoError(t, err)
	requireMode(t, "identity.txt", 0o600)
}

func TestOpenTellsWrongKeyFromDamage(t *testing.T) {
	dir := t.TempDir()
	mine := session.Identity(filepath.Join(dir, "mine"))
	other := session.Identity(filepath.Join(dir, "other"))
	phrase := session.Passphrase(session.NewSecret("right"))
	sealed, err := mine.Seal([]byte("session"))
	require.NoError(t, err)
	_, err = other.Seal(nil)
	require.NoError(t, err)
	phrased, err := phrase.Seal([]byte("session"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "junk"), []byte("AGE-SECRET-KEY-1QQQ\n"), 0o600))
	flipped := []byte(string(sealed[:len(sealed)-1]) + string(sealed[len(sealed)-1]^1))

	for _, tt := range []struct {
		name   string
		with   session.Sealer
		sealed []byte
		want   error
	}{
		{"another identity", other, sealed, session.ErrWrongKey},
		{"no identity file", session.Identity(filepath.Join(dir, "gone")), sealed, session.ErrWrongKey},
		{"another passphrase", session.Passphrase(session.NewSecret("wrong")), phrased, session.ErrWrongKey},
		{"no passphrase", session.Passphrase(session.Secret{}), phrased, session.ErrWrongKey},
		{"a passphrase for an identity", phrase, sealed, session.ErrWrongKey},
		{"an identity for a passphrase", mine, phrased, session.ErrWrongKey},
		{"a damaged identity file", session.Identity(filepath.Join(dir, "junk")), sealed, session.ErrDamaged},
		{"empty", mine, nil, session.ErrDamaged},
		{"foreign", mine, []byte("SQLite format 3"), session.ErrDamaged},
		{"cut short", mine, sealed[:len(sealed)-1], session.ErrDamaged},
		{"cut in the header", mine, sealed[:40], session.ErrDamaged},
		{"a bit flipped", mine, flipped, session.ErrDamaged},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tt.with.Open(tt.sealed)
			require.ErrorIs(t, err, tt.want)
			require.NotContains(t, err.Error(), "AGE-SECRET-KEY")
		})
	}
	_, err = session.Identity(filepath.Join(dir, "junk")).Seal(nil)
	require.ErrorIs(t, err, session.ErrDamaged, "a damaged identity is not replaced")
}

func TestIdentityIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity.txt")
	sealed := make([][]byte, 8)
	var wg sync.WaitGroup
	for i := range sealed {
		wg.Go(func() { sealed[i], _ = session.Identity(path).Seal([]byte("x")) })
	}
	wg.Wait()
	for _, s := range sealed {
		_, err := session.Identity(path).Open(s)
		require.NoError(t, err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, entries, 1, "no temporary file is left")
}

func FuzzUnseal(f *testing.F) {
	id := session.Identity(filepath.Join(f.TempDir(), "identity.txt"))
	sealed, err := id.Seal([]byte("session"))
	require.NoError(f, err)
	f.Add(sealed)
	f.Add([]byte("age-encryption.org/v1\n-> X25519 \n--- "))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		_, err := id.Open(sealed)
		if err != nil && !strings.Contains(err.Error(), session.ErrWrongKey.Error()) {
			require.ErrorIs(t, err, session.ErrDamaged)
		}
	})
}

func FuzzParseIdentity(f *testing.F) {
	f.Add([]byte("# a comment\nAGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX\n"))
	f.Add([]byte("AGE-SECRET-KEY-1QQQ"))
	f.Fuzz(func(t *testing.T, content []byte) {
		key, err := session.ParseIdentity(content)
		if err != nil {
			require.ErrorIs(t, err, session.ErrDamaged)
			require.NotContains(t, err.Error(), "KEY-1")
			return
		}
		require.Contains(t, strings.ToUpper(string(content)), key.String())
	})
}

func requireMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, want, info.Mode().Perm(), path)
}

func FuzzParseSession(f *testing.F) {
	f.Add([]byte(`{"Version":1,"Data":{"DC":2,"AuthKey":"","AuthKeyID":""}}`))
	f.Add([]byte(`{"Version":2}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, plain []byte) {
		data, err := session.ParseSession(plain)
		if err != nil {
			require.ErrorIs(t, err, session.ErrDamaged)
			require.Zero(t, data)
			return
		}
		var key crypto.Key
		require.Equal(t, len(key), copy(key[:], data.AuthKey))
		id := key.ID()
		require.Equal(t, id[:], data.AuthKeyID)
	})
}
