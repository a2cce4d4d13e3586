package session_test

import (
	"encoding/binary"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/session"
)

func hashed(id int64) session.Peer {
	return session.Peer{Kind: session.PeerUser, ID: id, AccessHash: -7 * id}
}

func requireHash(t *testing.T, a *session.Account, p session.Peer) {
	t.Helper()
	hash, known, err := a.Hash(p.Kind, p.ID)
	require.NoError(t, err)
	require.True(t, known, "%+v", p)
	require.Equal(t, p.AccessHash, hash, "%+v", p)
}

func requireUnknown(t *testing.T, a *session.Account, p session.Peer) {
	t.Helper()
	_, known, err := a.Hash(p.Kind, p.ID)
	require.NoError(t, err)
	require.False(t, known, "%+v", p)
}

func hashLogOf(dir string) string { return filepath.Join(dir, "owner.db.hashes") }

func TestHashesOutliveAKilledProcess(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, session.Owner, session.Pace{})
	require.NoError(t, a.SetHashes(t.Context(), hashed(1), hashed(2)))
	require.NoError(t, a.SetHashes(t.Context(), hashed(2), hashed(3)))
	require.NoError(t, a.Forsake())

	a = open(t, dir, session.Owner, session.Pace{})
	for id := range int64(3) {
		requireHash(t, a, hashed(id+1))
	}
	renewed := session.Peer{Kind: session.PeerUser, ID: 2, AccessHash: 22}
	require.NoError(t, a.SetHashes(t.Context(), renewed))
	require.NoError(t, a.Forsake())

	a = open(t, dir, session.Owner, session.Pace{})
	requireHash(t, a, renewed)
	requireMode(t, hashLogOf(dir), 0o600)
	require.NoError(t, a.Close())
	_, err := os.Stat(hashLogOf(dir))
	require.ErrorIs(t, err, fs.ErrNotExist, "all are in the database")

	a = open(t, dir, session.Owner, session.Pace{})
	requireHash(t, a, hashed(1))
	requireHash(t, a, renewed)
	require.NoError(t, a.Close())
}

// A power cut leaves any part of what was not synced, and anything behind it.
func TestHalfARecordEndsTheHashLog(t *testing.T) {
	whole, half := session.Record([]session.Peer{hashed(1), hashed(2)}), session.Record([]session.Peer{hashed(3), hashed(4)})
	flipped := append([]byte{}, half...)
	flipped[len(flipped)-1] ^= 1
	for name, rest := range map[string][]byte{
		"half a header": half[:5], "half a payload": half[:20], "a flipped bit": flipped, "zeros": make([]byte, 4096),
		"a length beyond the end": binary.BigEndian.AppendUint32(nil, 1<<31),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(hashLogOf(dir), append(append([]byte{}, whole...), rest...), 0o600))
			a := open(t, dir, session.Owner, session.Pace{})
			requireHash(t, a, hashed(2))
			requireUnknown(t, a, hashed(3))
			require.NoError(t, a.SetHashes(t.Context(), hashed(5)))
			require.NoError(t, a.Forsake())

			a = open(t, dir, session.Owner, session.Pace{})
			requireHash(t, a, hashed(1))
			requireHash(t, a, hashed(5))
			require.NoError(t, a.Close())
		})
	}
}

// every has each nth of the peers.
func every(n int, peers []session.Peer) (few []session.Peer) {
	for i := 0; i < len(peers); i += n {
		few = append(few, peers[i])
	}
	return few
}

func TestHashesOfAWholeWalk(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, session.Owner, session.Pace{})
	random := rand.New(rand.NewPCG(3, 4))
	var peers []session.Peer
	for i := range int64(2*session.FreshMost + 1000) { // a page more or less
		peers = append(peers, session.Peer{Kind: session.PeerUser, ID: 20_000*i + random.Int64N(20_000), AccessHash: random.Int64()})
	}
	random.Shuffle(len(peers), func(i, j int) { peers[i], peers[j] = peers[j], peers[i] })
	peers = append(peers, session.Peer{Kind: session.PeerChannel, ID: peers[0].ID, AccessHash: 5})
	for page := range slices.Chunk(peers, 200) {
		require.NoError(t, a.SetHashes(t.Context(), page...))
	}
	info, err := os.Stat(hashLogOf(dir))
	require.NoError(t, err)
	require.Less(t, info.Size(), int64(session.FreshMost), "most are in the database already")
	few := every(11, peers) // looking all up would be most of the test
	for _, p := range few {
		requireHash(t, a, p)
	}
	require.NoError(t, a.Close())

	a = open(t, dir, session.Owner, session.Pace{})
	for _, p := range few {
		requireHash(t, a, p)
	}
	before, err := os.ReadFile(filepath.Join(dir, "owner.db"))
	require.NoError(t, err)
	require.NoError(t, a.SetHashes(t.Context(), peers...))
	after, err := os.ReadFile(filepath.Join(dir, "owner.db"))
	require.NoError(t, err)
	require.Equal(t, before, after, "known hashes cost no write")
	require.NoError(t, a.Close())
}

func TestLogoutForgetsHashesThatAreNotInTheDatabase(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, session.Owner, session.Pace{})
	require.NoError(t, a.SetHashes(t.Context(), hashed(1)))
	require.NoError(t, a.ClearHashes())
	requireUnknown(t, a, hashed(1))
	_, err := os.Stat(hashLogOf(dir))
	require.ErrorIs(t, err, fs.ErrNotExist)
	require.NoError(t, a.SetHashes(t.Context(), hashed(2)))
	require.NoError(t, a.Close())

	a = open(t, dir, session.Owner, session.Pace{})
	requireUnknown(t, a, hashed(1))
	requireHash(t, a, hashed(2))
	require.NoError(t, a.Close())
}

func TestHashesAreHadThatCouldNotBeWritten(t *testing.T) {
	dir := t.TempDir()
	a := open(t, dir, session.Owner, session.Pace{})
	require.NoError(t, os.Mkdir(hashLogOf(dir), 0o700))
	require.Error(t, a.SetHashes(t.Context(), hashed(1)))
	requireHash(t, a, hashed(1))
	require.NoError(t, os.Remove(hashLogOf(dir)))
	require.NoError(t, a.Close())

	a = open(t, dir, session.Owner, session.Pace{})
	requireHash(t, a, hashed(1))
	require.NoError(t, a.Close())
}

func FuzzParseRecords(f *testing.F) {
	f.Add([]byte{})
	f.Add(session.Record([]session.Peer{hashed(1)}))
	f.Add(append(session.Record([]session.Peer{hashed(1), hashed(-2)}), session.Record(nil)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		peers, whole := session.ParseRecords(b)
		require.LessOrEqual(t, whole, len(b))
		again, length := session.ParseRecords(b[:whole])
		require.Equal(t, peers, again)
		require.Equal(t, whole, length)
		more := session.Record([]session.Peer{hashed(9)})
		longer, length := session.ParseRecords(append(append([]byte{}, b[:whole]...), more...))
		require.Equal(t, append(peers, hashed(9)), longer)
		require.Equal(t, whole+len(more), length)
	})
}

func FuzzCluster(f *testing.F) {
	f.Add([]byte(nil), int64(1), int64(2))
	f.Add([]byte{1}, int64(-1), int64(0))
	f.Add(append([]byte{1}, make([]byte, 32)...), int64(4096), int64(7))
	f.Add([]byte{2}, int64(1), int64(2))
	f.Fuzz(func(t *testing.T, value []byte, id, hash int64) {
		kept, known, _, after, err := session.ClusterOf(value, id, hash)
		if err != nil {
			require.ErrorIs(t, err, session.ErrDamaged)
			return
		}
		require.True(t, known)
		require.Equal(t, hash, kept)
		_, _, changed, again, err := session.ClusterOf(after, id, hash)
		require.NoError(t, err)
		require.False(t, changed, "it is there already")
		require.Equal(t, after, again)
	})
}
