package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"reflect"

	"rollcall/internal/report"
)

// envelope is the shape of every --json output.
type envelope struct {
	Schema int         `json:"schema"`
	Data   any         `json:"data"`
	Meta   report.Meta `json:"meta"`
}

// writeJSON writes data in its envelope. A nil slice is an empty array: whoever loops over data need not ask whether it is null. Names
// stay as they are, but whatever could mislead a terminal is written as a \u escape.
func writeJSON(w io.Writer, data any, meta report.Meta) error {
	if v := reflect.ValueOf(data); v.Kind() == reflect.Slice && v.IsNil() {
		data = []struct{}{}
	}
	var encoded bytes.Buffer
	enc := json.NewEncoder(&encoded)
	enc.SetIndent("", "  ")
	if err := enc.Encode(envelope{Schema: report.Schema, Data: data, Meta: meta}); err != nil {
		return fmt.Errorf("encode the output: %w", err)
	}
	if _, err := w.Write(report.EscapeJSON(encoded.Bytes())); err != nil {
		return fmt.Errorf("write the output: %w", err)
	}
	return nil
}
