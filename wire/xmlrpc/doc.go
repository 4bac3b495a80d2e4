// Package xmlrpc reads and writes XML-RPC: login, instant messages between regions, and the
// Hypergrid's calls.
//
// Values are those of package llsd, so that an answer is built once and sent in either form, and a
// call is read with the same accessors whichever it came in. XML-RPC has fewer types: ids and URIs
// are written as strings, undef as a value without a type, which readers take for an empty string,
// and dates to the second, the zero Time as 1970. An integer is written as i4 whatever the peer
// expects: OpenSimulator wants strings in most of its calls and LibreMetaverse integers in a login
// answer, which only the caller knows.
//
// Output is the same for the same value: members are in the order of their names.
//
// Readers refuse, with llsd.ErrMalformed, what is not XML-RPC, and with llsd.ErrLimit what is over
// the Max constants. A value without a type is a string. Scalars are read as llsd reads them: text
// that is no number or date is 0 or the zero Time. What is not UTF-8 is replaced by U+FFFD,
// whatever encoding the document declares.
package xmlrpc
