// A user who is in logs in with a second viewer: it is let in at the first attempt, and the first is thrown
// out with a word. Another sees one avatar of him.

import { check, story } from './story.mjs';
import { Viewer } from './viewer.mjs';

story(async ({ grid, users: [double, witness] }) => {
    const watcher = await Viewer.enter(grid, witness, witness.start);
    const older = await Viewer.enter(grid, double, double.start);
    await watcher.sees(older);

    const since = watcher.diary.now;
    const [newer, reason] = await Promise.all([Viewer.enter(grid, double), older.thrownOut()]);
    check(reason.length > 0, 'thrown out without a word');
    const { at: gone } = await watcher.misses(older, { since });
    const { at: seen } = await watcher.sees(newer, { since });
    check(gone < seen, 'two avatars of one user were shown');

    await newer.commands.comms.say('It is me.');
    await Promise.all([newer.hears(newer, 'It is me.'), watcher.hears(newer, 'It is me.')]);
    check(!newer.diary.since(0).some(({ kind }) => kind === 'disconnected'), 'the newer viewer was thrown out');
    await Promise.all([newer.leave(), watcher.leave()]);
});
