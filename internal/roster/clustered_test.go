package roster_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
	"pgregory.net/rapid"

	"rollcall/internal/roster"
)

var errBack = errors.New("take all of it back")

func bareBolt(tb testing.TB) *bolt.DB {
	tb.Helper()
	db, err := bolt.Open(filepath.Join(tb.TempDir(), "bare.db"), 0o600, &bolt.Options{NoSync: true})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}

// anyKey is a key as people choose names and as they do not: alike, hostile, very long.
func anyKey(t *rapid.T) string {
	switch rapid.IntRange(0, 9).Draw(t, "kind") {
	case 0:
		return rapid.SampledFrom([]string{"\x00", "\x00\x00", "\xff", "\xff\xff\xff", "\u202e", "ж", " ", "a\x00b"}).Draw(t, "hostile")
	case 1:
		return strings.Repeat("long", rapid.IntRange(1, 900).Draw(t, "times"))
	case 2, 3:
		return string(rapid.SliceOfN(rapid.Byte(), 1, 12).Draw(t, "bytes"))
	}
	return fmt.Sprintf("user_%03d", rapid.IntRange(0, 400).Draw(t, "number"))
}

func anyValue(t *rapid.T) string {
	return strings.Repeat("v", rapid.SampledFrom([]int{1, 6, 40, 40, 200, 3000}).Draw(t, "length"))
}

// Whatever is put in and taken out, one by one or many at once, a clustered bucket holds what a map would.
func TestClusteredIsAMap(t *testing.T) {
	db := bareBolt(t)
	name := []byte("b")
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]string{}
		require.NoError(t, db.Update(func(tx *bolt.Tx) error {
			if err := tx.DeleteBucket(name); err != nil && !errors.Is(err, bolterrors.ErrBucketNotFound) {
				return err
			}
			_, err := tx.CreateBucket(name)
			return err
		}))
		for range rapid.IntRange(1, 4).Draw(t, "transactions") {
			require.NoError(t, db.Update(func(tx *bolt.Tx) error {
				b := tx.Bucket(name)
				for range rapid.IntRange(1, 12).Draw(t, "steps") {
					stepClustered(t, roster.InClusters(b), want)
				}
				holds(t, b, want)
				return nil
			}))
			require.NoError(t, db.View(func(tx *bolt.Tx) error {
				holds(t, tx.Bucket(name), want)
				return nil
			}))
		}
	})
}

func stepClustered(t *rapid.T, c roster.Clustered, want map[string]string) {
	switch rapid.SampledFrom([]string{"put", "drop", "drop there", "apply", "rising", "empty", "replace"}).Draw(t, "step") {
	case "put":
		k, v := anyKey(t), anyValue(t)
		want[k] = v
		require.NoError(t, c.Put(k, v))
	case "drop":
		k := anyKey(t)
		delete(want, k)
		require.NoError(t, c.Drop(k))
	case "drop there":
		if len(want) > 0 {
			k := rapid.SampledFrom(slices.Sorted(maps.Keys(want))).Draw(t, "there")
			delete(want, k)
			require.NoError(t, c.Drop(k))
		}
	case "apply":
		edits := rapid.MapOfN(rapid.Custom(anyKey), rapid.Custom(anyValue), 0, 40).Draw(t, "edits")
		for k := range edits {
			if rapid.IntRange(0, 3).Draw(t, "out") == 0 {
				edits[k] = ""
			}
		}
		require.NoError(t, c.Apply(edits))
		amend(want, edits)
	case "rising":
		edits := map[string]string{}
		from := rapid.IntRange(0, 400).Draw(t, "from")
		for i := range rapid.IntRange(1, 300).Draw(t, "n") {
			edits[fmt.Sprintf("user_%03d", from+i)] = "rising"
		}
		require.NoError(t, c.Apply(edits))
		amend(want, edits)
	case "empty":
		edits := map[string]string{}
		for k := range want {
			if k > "user_1" {
				edits[k] = ""
			}
		}
		require.NoError(t, c.Apply(edits))
		amend(want, edits)
	case "replace":
		same, err := c.Replace(want)
		require.NoError(t, err)
		require.False(t, same, "it held exactly that")
		k := anyKey(t)
		want[k] += "more"
		changed, err := c.Replace(want)
		require.NoError(t, err)
		require.True(t, changed)
	}
}

func amend(want, edits map[string]string) {
	for k, v := range edits {
		if want[k] = v; v == "" {
			delete(want, k)
		}
	}
}

// holds says that each way of reading gives what the map holds, and that no cluster became longer than it may.
func holds(t *rapid.T, b *bolt.Bucket, want map[string]string) {
	c := roster.InClusters(b)
	keys := slices.Sorted(maps.Keys(want))
	var all [][2]string
	for _, k := range keys {
		all = append(all, [2]string{k, want[k]})
	}
	got, err := c.From("")
	require.NoError(t, err)
	require.Equal(t, all, got)

	asked := slices.Sorted(slices.Values(append(slices.Clone(keys), anyKey(t), anyKey(t))))
	values, err := c.Follow(asked)
	require.NoError(t, err)
	for i, k := range asked {
		v, err := c.Get(k)
		require.NoError(t, err)
		require.Equal(t, want[k], v, "%q", k)
		require.Equal(t, want[k], values[i], "%q", k)
	}
	from := anyKey(t)
	got, err = c.From(from)
	require.NoError(t, err)
	at, _ := slices.BinarySearch(keys, from)
	require.Equal(t, len(all)-at, len(got))
	require.NoError(t, b.ForEach(func(_, raw []byte) error {
		require.Less(t, len(raw), roster.ClusterMost+6700, "one entry more at most")
		return nil
	}))
}

// Names that come one by one, in any order, fill clusters by half at least, as a tree's leaves do.
func TestClustersAreFilled(t *testing.T) {
	require.NoError(t, bareBolt(t).Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("b"))
		require.NoError(t, err)
		for _, i := range rand.New(rand.NewPCG(7, 8)).Perm(5000) {
			require.NoError(t, roster.InClusters(b).Put(fmt.Sprintf("name%d", i*7919), "owner"))
		}
		n, size := 0, 0
		require.NoError(t, b.ForEach(func(_, raw []byte) error {
			n, size = n+1, size+len(raw)
			return nil
		}))
		require.Greater(t, size/n, roster.ClusterMost/2)
		return nil
	}))
}

// A transaction that takes everything out leaves a tree of empty pages behind, until it commits.
func TestClusteredIsFilledAgainAfterItWasEmptied(t *testing.T) {
	db := bareBolt(t)
	all, none := map[string]string{}, map[string]string{}
	for i := range 2000 {
		key := fmt.Sprintf("name%d", i)
		all[key], none[key] = "owner", ""
	}
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("b"))
		require.NoError(t, err)
		return roster.InClusters(b).Apply(all)
	}))
	require.NoError(t, db.Update(func(tx *bolt.Tx) error {
		c := roster.InClusters(tx.Bucket([]byte("b")))
		require.NoError(t, c.Apply(none))
		require.NoError(t, c.Put("x", "again"))
		got, err := c.From("")
		require.NoError(t, err)
		require.Equal(t, [][2]string{{"x", "again"}}, got)
		return nil
	}))
}

func TestClusteredRefusesKeysThatNoTreeTakes(t *testing.T) {
	require.NoError(t, bareBolt(t).Update(func(tx *bolt.Tx) error {
		b, err := tx.CreateBucket([]byte("b"))
		require.NoError(t, err)
		c := roster.InClusters(b)
		longest := strings.Repeat("x", bolt.MaxKeySize)
		require.NoError(t, c.Put(longest, "v"))
		require.ErrorIs(t, c.Put(longest+"x", "v"), bolterrors.ErrKeyTooLarge)
		require.ErrorIs(t, c.Put("", "v"), bolterrors.ErrKeyRequired)
		got, err := c.From("")
		require.NoError(t, err)
		require.Equal(t, [][2]string{{longest, "v"}}, got)
		return nil
	}))
}

// FuzzCluster: no bytes in the place of a cluster make reading or writing panic, and where reading all of them finds nothing wrong, each
// way of reading gives the same, and what is put beside them is found.
func FuzzCluster(f *testing.F) {
	db := bareBolt(f)
	f.Add([]byte("b"), []byte("\x01\x01a\x01x\x01b\x01y"), "a")
	f.Add([]byte("b"), []byte("\x01\x01b\x01x\x01a\x01y"), "c")
	f.Add([]byte("a"), []byte("\x01\x01a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), "\x00")
	f.Add([]byte("a"), []byte{1}, "a")
	f.Fuzz(func(t *testing.T, end, raw []byte, key string) {
		if len(end) == 0 || len(end) > 100 || key == "" || len(key) > 100 {
			return
		}
		err := db.Update(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucket([]byte("b"))
			require.NoError(t, err)
			require.NoError(t, b.Put(end, bytes.Clone(raw)))
			c := roster.InClusters(b)
			all, damage := c.From("")
			_, _ = c.Get(key)
			_, _ = c.Follow([]string{key, key + "x"})
			put := c.Put(key, "value")
			if damage != nil {
				require.ErrorIs(t, asDamage(damage), roster.ErrForeign)
				return errBack
			}
			require.NoError(t, put)
			for _, e := range append(all, [2]string{key, "value"}) {
				if e[0] == key {
					e[1] = "value"
				}
				v, err := c.Get(e[0])
				require.NoError(t, err)
				require.Equal(t, e[1], v)
			}
			return errBack
		})
		require.ErrorIs(t, err, errBack)
	})
}

// asDamage takes a value of a later version for damage.
func asDamage(err error) error {
	if errors.Is(err, roster.ErrNewer) {
		return roster.ErrForeign
	}
	return err
}
