package tgsim_test

import (
	"crypto/rand"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gotd/td/crypto"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/tgsim"
	"rollcall/internal/tgsim/mtproto"
)

func someKey(t testing.TB) mtproto.Key {
	t.Helper()
	var k crypto.Key
	_, err := rand.Read(k[:])
	require.NoError(t, err)
	return mtproto.Key{Auth: k.WithID(), Salt: -5, Made: time.Date(2026, 3, 1, 0, 0, 0, 7, time.UTC)}
}

func TestFileKeysSurvive(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	f, err := tgsim.OpenFileKeys(dir)
	require.NoError(t, err)
	perm, temp, gone := someKey(t), someKey(t), someKey(t)
	perm.Partner = temp.Auth.ID
	temp.Partner, temp.Expires = perm.Auth.ID, temp.Made.Add(time.Hour)
	for _, k := range []mtproto.Key{perm, temp, gone} {
		require.NoError(t, f.Put(k))
	}
	temp.Salt++
	require.NoError(t, f.Put(temp))
	require.NoError(t, f.Delete(gone.Auth.ID))
	require.NoError(t, f.Delete(gone.Auth.ID), "once more")

	paths, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, paths, 2, "one file a key, no leftovers")
	for _, path := range paths {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	}
	again, err := tgsim.OpenFileKeys(dir)
	require.NoError(t, err)
	for _, want := range []mtproto.Key{perm, temp} {
		got, ok, err := again.Key(want.Auth.ID)
		require.NoError(t, err)
		assert.True(t, ok)
		assert.Equal(t, want, got)
	}
	_, ok, err := again.Key(gone.Auth.ID)
	require.NoError(t, err)
	assert.False(t, ok)
}

// A torn, strange or misnamed file is a key that is not there, and no obstacle for others.
func TestFileKeysPassOverDamage(t *testing.T) {
	dir := t.TempDir()
	f, err := tgsim.OpenFileKeys(dir)
	require.NoError(t, err)
	whole, torn := someKey(t), someKey(t)
	require.NoError(t, f.Put(whole))
	require.NoError(t, f.Put(torn))
	paths, err := filepath.Glob(filepath.Join(dir, "*.key"))
	require.NoError(t, err)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "0000000000000001.key"), data, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "left.key.123"), data, 0o600))
		if k, ok, _ := f.Key(torn.Auth.ID); ok && filepath.Base(path) == hexName(k) {
			require.NoError(t, os.WriteFile(path, data[:len(data)/2], 0o600))
		}
	}
	again, err := tgsim.OpenFileKeys(dir)
	require.NoError(t, err)
	_, ok, _ := again.Key(whole.Auth.ID)
	assert.True(t, ok)
	_, ok, _ = again.Key(torn.Auth.ID)
	assert.False(t, ok)
	_, ok, _ = again.Key(mtproto.KeyID{7: 1})
	assert.False(t, ok)
}

func hexName(k mtproto.Key) string { return hex.EncodeToString(k.Auth.ID[:]) + ".key" }

// Whatever is in a key's file, the store opens, and a key it finds there is the one that the file is named after.
func FuzzKeyFile(f *testing.F) {
	k := someKey(f)
	dir := f.TempDir()
	keys, err := tgsim.OpenFileKeys(dir)
	require.NoError(f, err)
	require.NoError(f, keys.Put(k))
	data, err := os.ReadFile(filepath.Join(dir, hexName(k)))
	require.NoError(f, err)
	f.Add(data)
	f.Add([]byte(`{"key":"AAAA","partner":"AA=="}`))
	f.Add([]byte(`{`))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, hexName(k)), data, 0o600))
		keys, err := tgsim.OpenFileKeys(dir)
		require.NoError(t, err)
		if got, ok, _ := keys.Key(k.Auth.ID); ok {
			assert.Equal(t, k.Auth, got.Auth)
		}
	})
}
