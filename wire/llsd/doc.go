// Package llsd reads and writes LLSD, the structured data of capabilities, the event queue, login
// and OpenSimulator's services, in its four forms: XML, binary, notation and JSON.
//
// A value is a plain Go value, one type to each of LLSD's:
//
//	undef    nil
//	boolean  bool
//	integer  int32
//	real     float64
//	string   string
//	uuid     uuid.UUID
//	date     time.Time
//	uri      URI
//	binary   []byte
//	array    Array
//	map      Map
//
// These are what readers return. Writers take these and what Canonical turns into them, so that a
// body reads as it will look:
//
//	llsd.Map{"events": llsd.Array{llsd.Map{"message": "EnableSimulator", "body": body}}, "id": 7}
//
// Whoever reads a value asks for what is wanted, m.String("first"), m.UUID("agent_id"), and gets it
// converted as LLSD defines, or the zero value: a peer that leaves something out, or sends a number
// as text, is not an error. The same conversions are the functions As….
//
// # Writing
//
// Output is the same for the same value: the members of a map are in the order of their keys. Dates
// are written to the microsecond, the zero Time as LLSD's empty date.
//
// # Reading
//
// Readers take anything from anyone. They refuse, with ErrMalformed, what is cut short, wrongly
// nested or no value; with ErrLimit, what is larger than the Max constants. A text is at most three
// times as long as what it was read from, so it has no limit of its own.
//
// Scalars are read as viewers read them: text that is no number, id or date is the type's default,
// an integer from 2^31 up to 2^32 is taken for its 32 bits (so permission masks are written), and
// one beyond is the nearest there is. Text that is not UTF-8 has the offending bytes replaced by
// U+FFFD; a NUL or other control character comes through in every form but XML. Of members with the
// same key the last counts.
package llsd
