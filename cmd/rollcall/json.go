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

// stated is an answer that says how complete and how fresh it is. It travels so on the control socket, and is printed in the envelope: what
// an answer says about itself is no part of the data.
type stated[A any] struct {
	Answer A           `json:"answer"`
	Meta   report.Meta `json:"meta"`
}

// writeJSON writes data in its envelope. A nil slice is an empty array, wherever it stands: whoever loops over it need not ask whether it
// is null. Names stay as they are, but whatever could mislead a terminal is written as a \u escape.
func writeJSON(w io.Writer, data any, meta report.Meta) error {
	if data != nil {
		own := reflect.New(reflect.TypeOf(data)).Elem()
		own.Set(reflect.ValueOf(data))
		fillArrays(own)
		data = own.Interface()
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

// fillArrays makes the nil slices below v empty ones, but for bytes, which are no list in JSON.
func fillArrays(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fillArrays(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() || v.Type().Field(i).Anonymous {
				fillArrays(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() && v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			fillArrays(v.Index(i))
		}
	default:
	}
}
