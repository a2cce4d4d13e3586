package report

import (
	"bufio"
	"encoding/csv"
	"strconv"
	"strings"
	"unicode"

	"rollcall/internal/membership"
)

// csvHeader are the columns of a report on participants. Later ones are added at the end, so that a sheet which refers to columns
// by letter stays right.
var csvHeader = []string{
	"id", "first_name", "last_name", "username", "presence", "role", "departure", "grade", "evidence", "evidence_at",
	"evidence_recorded", "actor", "since", "until", "last_confirmed", "bot", "deleted", "as_of", "coverage", "freshness",
	"changed_after", "changed_by", "gaps", "caveats",
}

type csvWriter struct {
	out  *bufio.Writer
	csv  *csv.Writer
	mark bool
	meta []string // the columns that are the same in every row
	last []string // likewise, at the end of it
}

func newCSVWriter(out *bufio.Writer, p Participants) *csvWriter {
	meta := []string{instantCell(p.Meta.AsOf), p.Meta.CoverageText(), p.Meta.FreshnessText()}
	return &csvWriter{out: out, csv: csv.NewWriter(out), mark: p.ByteOrderMark, meta: meta, last: []string{p.Meta.GapsText(), p.Meta.CaveatsText()}}
}

func (w *csvWriter) begin() error {
	if w.mark {
		if _, err := w.out.WriteString("\ufeff"); err != nil {
			return err
		}
	}
	return w.csv.Write(csvHeader)
}

func (w *csvWriter) row(p membership.Person) error {
	s := p.Standing
	cells := []string{
		strconv.FormatInt(int64(p.Profile.User), 10), p.Profile.FirstName, p.Profile.LastName, p.Profile.Username,
		s.Presence.String(), s.Role.String(), s.Departure.String(), s.Evidence.Grade.String(), Reference(s.Evidence),
		instantCell(s.Evidence.At), instantCell(s.Evidence.Recorded), idCell(s.Evidence.Actor), instantCell(s.Since),
		instantCell(s.Until), instantCell(s.LastConfirmed), strconv.FormatBool(p.Profile.Bot), strconv.FormatBool(p.Profile.Deleted),
	}
	var within membership.Turn
	if p.Within != nil {
		within = *p.Within
	}
	cells = append(append(cells, w.meta...), instantCell(within.From), instantCell(within.To))
	cells = append(cells, w.last...)
	for i, c := range cells {
		cells[i] = Cell(c)
	}
	return w.csv.Write(cells)
}

func (w *csvWriter) end() error {
	w.csv.Flush()
	return w.csv.Error()
}

func instantCell(i membership.Instant) string {
	if i == 0 {
		return ""
	}
	return i.String()
}

func idCell(id membership.UserID) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(int64(id), 10)
}

// Cell makes text fit for a cell of a spreadsheet: [Safe], and an apostrophe before whatever would begin a formula. Excel splits a
// line at semicolons in half of the world, whatever the quotes say, so what follows one begins a cell too.
// (https://owasp.org/www-community/attacks/CSV_Injection)
func Cell(text string) string {
	text = Safe(text)
	if !strings.ContainsFunc(text, beginsFormula) {
		return text
	}
	var out strings.Builder
	start := true
	for _, r := range text {
		switch {
		case start && beginsFormula(r):
			out.WriteByte('\'')
			start = false
		case r == ';':
			start = true
		case !unicode.IsSpace(r) && r != '"':
			start = false
		}
		out.WriteRune(r)
	}
	return out.String()
}

// beginsFormula: the four characters that spreadsheets know, also in the widths that they fold to them, the minus signs, and the
// bar of a DDE call.
func beginsFormula(r rune) bool { return strings.ContainsRune("=+-@|%＝＋－＠﹦﹢﹣﹫−", r) }
