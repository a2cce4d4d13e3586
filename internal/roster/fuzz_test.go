package roster_test

import (
	"bytes"
	"slices"
	"testing"

	"rollcall/internal/membership"
	"rollcall/internal/roster"
)

// FuzzDecode: whatever is in the file, reading it does not panic, and what is read as a value is written again as bytes that read
// as the same value.
func FuzzDecode(f *testing.F) {
	for _, seed := range [][]byte{{}, {1}, {2, 0}, {1, 0, 0, 0}, bytes.Repeat([]byte{1}, 40), bytes.Repeat([]byte{0xff}, 40),
		append([]byte{1, 1, 0, 0x40}, bytes.Repeat([]byte{0x81, 0x01}, 20)...)} {
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

// FuzzHeader: no header panics, and none asks for a negative length.
func FuzzHeader(f *testing.F) {
	f.Add([]byte("not a database"))
	f.Add(make([]byte, 8192))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := roster.NeededLength(bytes.NewReader(b)); err == nil && n < 0 {
			t.Fatalf("needs %d bytes", n)
		}
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
		b := roster.EncodePage(rows)
		got, err := roster.DecodePage(b)
		if err != nil || !slices.Equal(got, rows) {
			t.Fatalf("wrote %+v, read %+v, %v", rows, got, err)
		}
	})
}
