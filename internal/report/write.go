package report

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"rollcall/internal/membership"
)

// Format is how a report is written.
type Format string

// The formats.
const (
	CSV    Format = "csv"
	JSON   Format = "json"   // one object: {"schema":1,"data":[…],"meta":{…}}
	NDJSON Format = "ndjson" // a line {"schema":1,"meta":{…}}, then a line a person
)

// Schema is the version of the JSON shapes; it changes when a program that read the old one would misread the new.
const Schema = 1

// ParseFormat reads a format's name.
func ParseFormat(name string) (Format, error) {
	switch f := Format(name); f {
	case CSV, JSON, NDJSON:
		return f, nil
	}
	return "", fmt.Errorf("unknown report format %q; there are csv, json and ndjson", name)
}

// Participants is a report on the people of a group.
type Participants struct {
	Format Format
	Meta   Meta
	// ByteOrderMark puts Excel's mark before a CSV, without which it takes UTF-8 for the machine's old code page. Other programs
	// may take it for a part of the first column's name.
	ByteOrderMark bool
}

// Write writes people, who come in ascending order of id, and returns how many. On an error the output is incomplete.
func (p Participants) Write(w io.Writer, people iter.Seq2[membership.Person, error]) (int, error) {
	out := bufio.NewWriter(w)
	begin, row, end := p.writers(out)
	if err := begin(); err != nil {
		return 0, fmt.Errorf("write report: %w", err)
	}
	n, last := 0, membership.UserID(0)
	for person, err := range people {
		switch {
		case err != nil:
			return n, fmt.Errorf("read people for report: %w", err)
		case n > 0 && person.Profile.User <= last:
			return n, fmt.Errorf("write report: person %d comes after %d", person.Profile.User, last)
		}
		if err := row(person); err != nil {
			return n, fmt.Errorf("write report: %w", err)
		}
		n, last = n+1, person.Profile.User
	}
	if err := end(); err != nil {
		return n, fmt.Errorf("write report: %w", err)
	}
	if err := out.Flush(); err != nil {
		return n, fmt.Errorf("write report: %w", err)
	}
	return n, nil
}

func (p Participants) writers(out *bufio.Writer) (begin func() error, row func(membership.Person) error, end func() error) {
	switch p.Format {
	case JSON:
		w := &jsonWriter{out: out, meta: p.Meta}
		return w.begin, w.row, w.end
	case NDJSON:
		w := &lineWriter{out: out, meta: p.Meta}
		return w.begin, w.row, func() error { return nil }
	case CSV:
	}
	w := newCSVWriter(out, p)
	return w.begin, w.row, w.end
}

// jsonWriter writes the envelope of every --json output, with a line a person.
type jsonWriter struct {
	out  *bufio.Writer
	meta Meta
	rows int
}

func (w *jsonWriter) begin() error {
	_, err := fmt.Fprintf(w.out, `{"schema":%d,"data":[`, Schema)
	return err
}

func (w *jsonWriter) row(p membership.Person) error {
	separator := ",\n"
	if w.rows == 0 {
		separator = "\n"
	}
	w.rows++
	return writeJSON(w.out, separator, RowOf(p), "")
}

func (w *jsonWriter) end() error {
	return writeJSON(w.out, "\n],\"meta\":", w.meta, "}\n")
}

type lineWriter struct {
	out  *bufio.Writer
	meta Meta
}

func (w *lineWriter) begin() error {
	return writeJSON(w.out, fmt.Sprintf(`{"schema":%d,"meta":`, Schema), w.meta, "}\n")
}

func (w *lineWriter) row(p membership.Person) error { return writeJSON(w.out, "", RowOf(p), "\n") }

func writeJSON(out *bufio.Writer, before string, v any, after string) error {
	encoded, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode: %w", err)
	}
	_, err = out.WriteString(before)
	if err == nil {
		_, err = out.Write(EscapeJSON(encoded))
	}
	if err == nil {
		_, err = out.WriteString(after)
	}
	return err
}
