// Package report writes rosters and ledgers for people and programs, in stable order, safe to open anywhere.
//
// # What it promises
//
//   - Names are hostile input. [Safe] makes any text fit for one line of a terminal or a cell: no control character, no escape
//     sequence, no bidi or zero-width trick gets through, while emoji, Persian and Indic joiners stay readable. [EscapeJSON] keeps
//     such characters, which programs may want, and writes them as \u escapes, so that JSON is safe to look at as well. No cell of a
//     CSV is a formula to a spreadsheet, neither as it stands nor where a spreadsheet splits lines at semicolons.
//   - Every report says as of when it holds, how complete and how fresh it is ([Meta]): JSON in meta, NDJSON in its first line, CSV
//     in columns of their own. A comment above a CSV's header would break every reader, and a second file gets lost; columns
//     survive sorting, filtering and being pasted into another sheet. Spans of lost history that touch the report are with it likewise.
//   - A person's presence of a past moment that is not known is unknown, with the change within which the moment lies ([Turn]).
//   - People are written one by one as they come, in ascending order of id. Anything out of order is an error, so two reports of one
//     roster are equal byte for byte.
//
// # What it does not
//
// It does not read the roster or open files: it is given people and a writer. A report whose source or writer fails halfway is
// incomplete, and the caller, who knows whether the writer was a file, removes it.
//
// The JSON shape is [Row] and not membership's own types, because those can change with the store; Row is what other people's
// programs rely on. A struct of pointers, so that what is absent is null and not an empty word or the year 1970.
package report
