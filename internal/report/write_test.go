package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"rollcall/internal/membership"
	"rollcall/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

var moment = membership.At(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))

func someMeta() report.Meta {
	return report.Meta{
		AsOf:      moment,
		Coverage:  &membership.Coverage{Proven: 2, Listed: 3, Total: 4, Ratio: 0.5, Reasons: []string{"1 of the 3 listed were not shown"}},
		Freshness: &membership.Freshness{Mode: membership.Fresh, Reason: "the bot's updates arrive", As: moment - 5, Since: moment - 3600},
		Gaps:      []membership.Gap{{ID: 1, Source: membership.GapFeed, From: moment - 900, To: moment - 600, Reason: "lost", Noted: moment - 500}},
		Caveats:   []string{"names are those known now"},
	}
}

func somePeople() []membership.Person {
	return []membership.Person{
		{
			Known:   true,
			Profile: membership.Profile{User: 101, FirstName: "Ann", LastName: "Lee", Username: "ann_lee"},
			Standing: membership.Standing{
				Presence: membership.In, Role: membership.Administrator, Since: moment - 9000, LastConfirmed: moment - 60,
				Evidence: membership.Evidence{
					Source: membership.SourceList, Grade: membership.GradeB, Ref: membership.RowRef(3, 17), At: moment - 120, Recorded: moment - 60,
				},
			},
		},
		{
			Known:   true,
			Profile: membership.Profile{User: 102, FirstName: "=1+1;@x", LastName: "\u202e\x1b[31m, \"Eve\"\n"},
			Standing: membership.Standing{
				Presence: membership.Out, Departure: membership.Banned, Since: moment - 30, LastConfirmed: moment - 30, Until: moment + 86400,
				Evidence: membership.Evidence{
					Source: membership.SourceBotUpdate, Grade: membership.GradeA, Origin: 900, Ref: 77, At: moment - 30, Recorded: moment - 29, Actor: 101,
				},
			},
		},
		{
			Known:   true,
			Profile: membership.Profile{User: 103, Bot: true, FirstName: "Бот", Username: "some_bot"},
			Within:  &membership.Turn{From: moment - 9, To: moment + 9, Was: membership.In, Is: membership.Out},
		},
		{Profile: membership.Profile{User: 1 << 52}},
	}
}

func each(people []membership.Person) iter.Seq2[membership.Person, error] {
	return func(yield func(membership.Person, error) bool) {
		for _, p := range people {
			if !yield(p, nil) {
				return
			}
		}
	}
}

func TestGolden(t *testing.T) {
	cases := []struct {
		file   string
		report report.Participants
		people []membership.Person
	}{
		{"people.csv", report.Participants{Format: report.CSV, Meta: someMeta()}, somePeople()},
		{"people.excel.csv", report.Participants{Format: report.CSV, Meta: someMeta(), ByteOrderMark: true}, somePeople()},
		{"people.json", report.Participants{Format: report.JSON, Meta: someMeta()}, somePeople()},
		{"people.ndjson", report.Participants{Format: report.NDJSON, Meta: someMeta()}, somePeople()},
		{"nobody.csv", report.Participants{Format: report.CSV}, nil},
		{"nobody.json", report.Participants{Format: report.JSON}, nil},
	}
	for _, c := range cases {
		t.Run(c.file, func(t *testing.T) {
			var got bytes.Buffer
			n, err := c.report.Write(&got, each(c.people))
			require.NoError(t, err)
			assert.Len(t, c.people, n)
			golden := filepath.Join("testdata", c.file)
			if *update {
				require.NoError(t, os.WriteFile(golden, got.Bytes(), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), got.String())
		})
	}
}

// The envelope reads back, and what is absent is null.
func TestJSONShape(t *testing.T) {
	var out bytes.Buffer
	_, err := report.Participants{Format: report.JSON, Meta: someMeta()}.Write(&out, each(somePeople()))
	require.NoError(t, err)
	var got struct {
		Schema int
		Data   []map[string]any
		Meta   map[string]any
	}
	require.NoError(t, json.Unmarshal(out.Bytes(), &got))
	assert.Equal(t, report.Schema, got.Schema)
	require.Len(t, got.Data, 4)
	assert.Equal(t, "2026-03-01T12:00:00Z", got.Meta["as_of"])
	assert.Equal(t, "administrator", got.Data[0]["role"])
	assert.Nil(t, got.Data[0]["departure"])
	assert.Equal(t, "\u202e\x1b[31m, \"Eve\"\n", got.Data[1]["last_name"], "JSON keeps names as they are")
	evidence, ok := got.Data[1]["evidence"].(map[string]any)
	require.True(t, ok)
	assert.Equal(t, "bot_update", evidence["source"])
	assert.Equal(t, "A", got.Data[1]["grade"])
	for _, absent := range []string{"first_name", "last_name", "username", "role", "departure", "until", "grade", "evidence", "since", "last_confirmed"} {
		value, there := got.Data[3][absent]
		assert.True(t, there, absent)
		assert.Nil(t, value, absent)
	}
	assert.Equal(t, "unknown", got.Data[3]["presence"])
}

func TestWriteFails(t *testing.T) {
	broken := errors.New("broken")
	t.Run("people out of order", func(t *testing.T) {
		people := somePeople()
		slices.Reverse(people)
		_, err := report.Participants{Format: report.CSV}.Write(&bytes.Buffer{}, each(people))
		require.ErrorContains(t, err, "comes after")
	})
	t.Run("the source", func(t *testing.T) {
		n, err := report.Participants{Format: report.JSON}.Write(&bytes.Buffer{}, func(yield func(membership.Person, error) bool) {
			if yield(somePeople()[0], nil) {
				yield(membership.Person{}, broken)
			}
		})
		require.ErrorIs(t, err, broken)
		assert.Equal(t, 1, n)
	})
	for _, f := range []report.Format{report.CSV, report.JSON, report.NDJSON} {
		t.Run("the writer of "+string(f), func(t *testing.T) {
			_, err := report.Participants{Format: f}.Write(refusing{broken}, each(somePeople()))
			require.ErrorIs(t, err, broken)
		})
	}
}

type refusing struct{ err error }

func (r refusing) Write([]byte) (int, error) { return 0, r.err }

func TestParseFormat(t *testing.T) {
	f, err := report.ParseFormat("ndjson")
	require.NoError(t, err)
	assert.Equal(t, report.NDJSON, f)
	_, err = report.ParseFormat("xls")
	require.ErrorContains(t, err, "csv, json and ndjson")
}

func TestReference(t *testing.T) {
	cases := map[string]membership.Evidence{
		"walk 3, row 17":      {Source: membership.SourceList, Ref: membership.RowRef(3, 17)},
		"bot update, qts 5":   {Source: membership.SourceBotUpdate, Ref: 5},
		"admin log, event 99": {Source: membership.SourceAdminLog, Ref: 99},
		"lookup":              {Source: membership.SourceLookup, Ref: 1},
		"message 4":           {Source: membership.SourceMessage, Ref: 4},
		"":                    {},
	}
	for want, e := range cases {
		assert.Equal(t, want, report.Reference(e))
	}
}

// What JSON says of evidence is all there is to it: a plan in a file is applied by it.
func TestEvidenceReturns(t *testing.T) {
	for _, p := range somePeople() {
		e := p.Standing.Evidence
		encoded, err := json.Marshal(report.EvidenceOf(e))
		require.NoError(t, err)
		var back *report.Evidence
		require.NoError(t, json.Unmarshal(encoded, &back))
		assert.Equal(t, e, back.Fact(), "%s", encoded)
	}
}

// FuzzCSV: whatever the name, a CSV reads back with as many cells as its header has, none of which begins a formula, and all of
// which are legible.
func FuzzCSV(f *testing.F) {
	for _, s := range hostile {
		f.Add(s, "x", s)
	}
	f.Fuzz(func(t *testing.T, first, last, username string) {
		p := membership.Person{Profile: membership.Profile{User: 1, FirstName: first, LastName: last, Username: username}}
		var out bytes.Buffer
		_, err := report.Participants{Format: report.CSV, Meta: someMeta()}.Write(&out, each([]membership.Person{p}))
		require.NoError(t, err)
		records, err := csv.NewReader(&out).ReadAll()
		require.NoError(t, err)
		require.Len(t, records, 2)
		require.Len(t, records[1], len(records[0]))
		for _, cell := range records[1] {
			requireLegible(t, cell)
			for part := range strings.SplitSeq(cell, ";") {
				r, _ := utf8.DecodeRuneInString(strings.TrimLeft(part, " \""))
				require.NotContains(t, "=+-@|%＝＋－＠﹦﹢﹣﹫−", string(r), "cell %q", cell)
			}
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	people := somePeople()[:2]
	b.ReportAllocs()
	for b.Loop() {
		_, err := report.Participants{Format: report.CSV, Meta: someMeta()}.Write(&bytes.Buffer{}, each(people))
		require.NoError(b, err)
	}
}
