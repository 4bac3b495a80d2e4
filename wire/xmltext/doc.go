// Package xmltext reads and writes the XML of structured data: elements with text in them, a
// document in memory, no streams.
//
// It reads less than XML on purpose, for the documents come from anyone: a DOCTYPE is refused, and
// with it every entity but the five every document has; depth and number of elements are bounded;
// namespaces are part of the name; the encoding is UTF-8 whatever the declaration says. Scanning
// costs time and memory in proportion to the document, and nothing is read twice.
package xmltext
