package roster_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// FuzzDecode: whatever is in the file, reading it does not panic, and what is read as a value is written again as bytes that read
// as the same value.
func FuzzDecode(f *testing.F) {
	for _, seed := range [][]byte{
		{},
		{1},
		{2, 0},
		{1, 0, 0, 0},
		bytes.Repeat([]byte{1}, 40), bytes.Repeat([]byte{0xff}, 40),
		append([]byte{1, 1, 0, 0x40}, bytes.Repeat([]byte{0x81, 0x01}, 20)...),
		roster.EncodeAnswer(membership.Page{
			Query: membership.Query{List: membership.ListSearch, Text: "an", Offset: 200}, Received: 200, Count: -1, Calls: 1,
			Rows: make([]membership.Row, 3), Again: []membership.Repeat{{Place: 1, User: 7}, {Place: 5, User: 8_000_000_000}},
		}),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for name, again := range roster.Decoders() {
			first, err := again(slices.Clone(b))
			if err != nil {
				continue
			}
			second, err := again(first)
			if err != nil || !bytes.Equal(first, second) {
				t.Fatalf("%s: %x is written as %x, and that as %x (%v)", name, b, first, second, err)
			}
		}
	})
}

// FuzzSkeleton: no file makes the reading of its pages panic or go on for ever. The bytes are laid over an empty roster's, whose meta
// pages are whole.
func FuzzSkeleton(f *testing.F) {
	path := filepath.Join(f.TempDir(), "roster.db")
	r, err := roster.Open(path, roster.Options{})
	require.NoError(f, err)
	require.NoError(f, r.Close())
	whole, err := os.ReadFile(path)
	require.NoError(f, err)
	require.NoError(f, roster.Skeleton(bytes.NewReader(whole)))
	f.Add(uint32(0), []byte("not a database"))
	for page := 2; page*os.Getpagesize() < len(whole); page++ {
		f.Add(uint32(page*os.Getpagesize()+8), []byte{1, 0, 255, 255, 1})
	}
	f.Fuzz(func(_ *testing.T, at uint32, b []byte) {
		file := bytes.Clone(whole)
		copy(file[int(at)%len(file):], b)
		_ = roster.Skeleton(bytes.NewReader(file))
	})
}

// FuzzPage: a page of any rows is read as it was written.
func FuzzPage(f *testing.F) {
	f.Add(int64(7), "Ann", "B", "ann", int64(1_700_000_000), uint32(3), uint32(9), byte(0b01101), true)
	f.Add(int64(-1), "", "\u202e", "\x00", int64(-5), uint32(0), uint32(1<<31), byte(0xff), false)
	f.Fuzz(func(t *testing.T, id int64, first, last, name string, at int64, walk, row uint32, words byte, dated bool) {
		r := membership.Row{
			Sighting: membership.Sighting{
				User: membership.UserID(id), Date: membership.Instant(at), Read: membership.Instant(-at), Walk: walk, Row: row, Dated: dated,
				By: membership.UserID(at), State: membership.State{
					Presence: membership.Presence(words % 3), Role: membership.Role(words / 3 % 5), Departure: membership.Departure(words / 15 % 4),
					Until: membership.Instant(at * 3),
				},
			},
			Profile: membership.Profile{User: membership.UserID(id), FirstName: first, LastName: last, Username: name, Bot: dated},
		}
		rows := []membership.Row{r, {}, r}
		rows[2].Sighting.Row += 7
		b := roster.EncodeBlock(rows)
		got, err := roster.DecodeBlock(b)
		if err != nil || !slices.Equal(got, rows) {
			t.Fatalf("wrote %+v, read %+v, %v", rows, got, err)
		}
	})
}
