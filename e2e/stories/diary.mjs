// A diary keeps what somebody has noticed, in its order, and lets others wait for what is not in it yet.

const patience = 10_000;

export class Diary {
    #whose;
    #entries = [];
    #readers = new Set();

    constructor(whose) {
        this.#whose = whose;
    }

    // note writes an entry: what kind of thing happened, and what is to be known of it.
    note(kind, facts = {}) {
        this.#entries.push({ kind, at: performance.now(), ...facts });
        for (const look of [...this.#readers]) {
            look();
        }
    }

    // now is the place in the diary after all that is in it.
    get now() {
        return this.#entries.length;
    }

    // since has the entries from a place on.
    since(place) {
        return this.#entries.slice(place);
    }

    // expect gives the first entry of a kind that fits, whether it is there or still to come. Without one
    // after so many milliseconds it fails, and tells what was noticed instead.
    async expect(kind, fits = () => true, { since = 0, within = patience } = {}) {
        let look;
        let late;
        try {
            return await new Promise((resolve, reject) => {
                let next = since;
                look = () => {
                    for (; next < this.#entries.length; next++) {
                        if (this.#entries[next].kind === kind && fits(this.#entries[next])) {
                            resolve(this.#entries[next]);
                            return;
                        }
                    }
                };
                late = setTimeout(() => reject(new Error(this.#missed(kind, within))), within);
                this.#readers.add(look);
                look();
            });
        } finally {
            clearTimeout(late);
            this.#readers.delete(look);
        }
    }

    // Of each avatar's moves the last one says enough.
    #missed(kind, within) {
        const moves = new Map(this.#entries.filter((entry) => entry.kind === 'moved').map((entry) => [entry.id, entry]));
        const telling = this.#entries.filter((entry) => entry.kind !== 'moved' || moves.get(entry.id) === entry).slice(-30);
        return `${this.#whose} noticed no "${kind}" that was expected within ${within} ms, but:\n`
            + telling.map((entry) => '  ' + JSON.stringify(entry)).join('\n');
    }
}
