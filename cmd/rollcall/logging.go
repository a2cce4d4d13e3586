package main

import (
	"go.uber.org/zap"
	"go.uber.org/zap/buffer"
	"go.uber.org/zap/zapcore"

	"rollcall/internal/report"
)

// safeJSON escapes what could mislead a terminal, as every --json output does: zap leaves what turns a text's direction as it is.
type safeJSON struct{ zapcore.Encoder }

// Clone keeps the wrapping.
func (e safeJSON) Clone() zapcore.Encoder { return safeJSON{e.Encoder.Clone()} }

// EncodeEntry writes one line.
func (e safeJSON) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	return escaped(e.Encoder.EncodeEntry(entry, fields))
}

func escaped(line *buffer.Buffer, err error) (*buffer.Buffer, error) {
	if err != nil {
		return nil, err
	}
	safe := report.EscapeJSON(line.Bytes())
	line.Reset()
	_, err = line.Write(safe)
	return line, err
}

// safeConsole makes every string of a line fit for a terminal: a group's title is hostile input there too.
type safeConsole struct{ zapcore.Encoder }

// Clone keeps the wrapping.
func (e safeConsole) Clone() zapcore.Encoder { return safeConsole{e.Encoder.Clone()} }

// EncodeEntry writes one line.
func (e safeConsole) EncodeEntry(entry zapcore.Entry, fields []zapcore.Field) (*buffer.Buffer, error) {
	entry.Message = report.Safe(entry.Message)
	safe := make([]zapcore.Field, len(fields))
	for i, f := range fields {
		switch {
		case f.Type == zapcore.StringType:
			f.String = report.Safe(f.String)
		case f.Type == zapcore.ErrorType && f.Interface != nil:
			if err, ok := f.Interface.(error); ok {
				f = zap.String(f.Key, report.Safe(err.Error()))
			}
		}
		safe[i] = f
	}
	return escaped(e.Encoder.EncodeEntry(entry, safe))
}
