package roster

import (
	"slices"

	bolt "go.etcd.io/bbolt"
)

// ClusterMost is how long a cluster becomes before it is cut.
const ClusterMost = clusterMost

// Clustered is a clustered bucket, for texts.
type Clustered struct{ c clustered }

// InClusters is the bucket as a clustered one.
func InClusters(b *bolt.Bucket) Clustered { return Clustered{clustered{b}} }

// Get is "" for none.
func (c Clustered) Get(key string) (string, error) {
	v, err := c.c.get([]byte(key))
	return string(v), err
}

// Put enters one.
func (c Clustered) Put(key, value string) error { return c.c.put([]byte(key), []byte(value)) }

// Drop takes one out.
func (c Clustered) Drop(key string) error { return c.c.drop([]byte(key)) }

// Apply enters all, and takes out those without a value.
func (c Clustered) Apply(edits map[string]string) error { return c.c.apply(sorted(edits)) }

// Replace leaves nothing but these.
func (c Clustered) Replace(all map[string]string) (changed bool, err error) {
	return c.c.replace(sorted(all))
}

// From is what is at the key and behind it, in its order.
func (c Clustered) From(key string) (all [][2]string, err error) {
	from := c.c.from([]byte(key))
	for e, ok := from.next(); ok; e, ok = from.next() {
		all = append(all, [2]string{string(e.key), string(e.value)})
	}
	return all, from.err
}

// Follow reads the keys, which rise, one after the other.
func (c Clustered) Follow(keys []string) (values []string, err error) {
	f := c.c.follow()
	for _, key := range keys {
		v, err := f.at([]byte(key))
		if err != nil {
			return nil, err
		}
		values = append(values, string(v))
	}
	return values, nil
}

func sorted(m map[string]string) []put {
	var all []put
	for k, v := range m {
		p := put{key: []byte(k)}
		if v != "" {
			p.value = []byte(v)
		}
		all = append(all, p)
	}
	slices.SortFunc(all, byKey)
	return all
}
