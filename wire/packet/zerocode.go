package packet

// Zero-coding writes a run of k zeros, 1 to 255, as the pair 00 k, and every other byte as it is.
// Longer runs are several pairs. It covers the message number and the body, never the header nor
// the appended acknowledgements.

// appendZeroCoded writes body zero-coded behind b. If that is not shorter than body itself it gives
// up and returns b as it was, and false.
func appendZeroCoded(b, body []byte) ([]byte, bool) {
	start := len(b)
	for i := 0; i < len(body); {
		if len(b)-start+1 >= len(body) {
			return b[:start], false
		}
		if body[i] != 0 {
			b = append(b, body[i])
			i++
			continue
		}
		run := 1
		for run < maxRun && i+run < len(body) && body[i+run] == 0 {
			run++
		}
		b = append(b, 0, byte(run))
		i += run
	}
	if len(b)-start >= len(body) {
		return b[:start], false
	}
	return b, true
}

// zeroDecode undoes zero-coding in memory of its own. The pair 00 00 is refused: the official
// viewer reads it as 256 zeros and more, OpenSimulator as none, and nobody writes it.
func zeroDecode(coded []byte) ([]byte, error) {
	size, err := decodedSize(coded)
	if err != nil {
		return nil, err
	}
	body := make([]byte, size)
	at := 0
	for i := 0; i < len(coded); i++ {
		if coded[i] != 0 {
			body[at] = coded[i]
			at++
			continue
		}
		i++
		at += int(coded[i])
	}
	return body, nil
}

// decodedSize measures first, so that nothing is allocated for what will be refused.
func decodedSize(coded []byte) (int, error) {
	size := 0
	for i := 0; i < len(coded); i++ {
		if coded[i] != 0 {
			size++
			continue
		}
		i++
		if i == len(coded) || coded[i] == 0 {
			return 0, ErrZeroCode
		}
		size += int(coded[i])
	}
	if HeaderSize+size > MaxSize {
		return 0, ErrLong
	}
	return size, nil
}
