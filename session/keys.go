package session

import (
	"encoding/binary"
	"time"
)

// Buckets of an account's database.
var (
	bucketWaits  = []byte("waits") // method, or method and supergroup → when it may be called again
	bucketSpent  = []byte("spent") // day, method → calls made
	bucketHashes = []byte("peers") // kind, cluster of ids → ids and access hashes
)

// valueVersion begins every value.
const valueVersion = 1

func waitKey(key string) []byte { return []byte(key) }

// dayKey begins the keys of a day (UTC) and sorts by day.
func dayKey(t time.Time) []byte {
	y, m, d := t.UTC().Date()
	return binary.BigEndian.AppendUint32(nil, uint32(y*10000+int(m)*100+d))
}

func spentKey(t time.Time, method string) []byte { return append(dayKey(t), method...) }

// number is the one shape of a value: a version byte and eight more.
func number(n int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{valueVersion}, uint64(n))
}

// parseNumber is the reverse of number; ok is false for anything else.
func parseNumber(value []byte) (n int64, ok bool) {
	if len(value) != 9 || value[0] != valueVersion {
		return 0, false
	}
	return int64(binary.BigEndian.Uint64(value[1:])), true
}
