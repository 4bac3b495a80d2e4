// A user logs out and in again at once, many times, and is let in at the first attempt each time, where he
// was. Another sees him go and come, in this order.

import { check, story } from './story.mjs';
import { distance, Viewer } from './viewer.mjs';

const rounds = 20;

story(async ({ grid, users: [restless, patient] }) => {
    const watcher = await Viewer.enter(grid, patient, patient.start);
    let viewer = await Viewer.enter(grid, restless, restless.start);
    await watcher.sees(viewer);
    const rest = await viewer.walk(2);
    for (let round = 1; round <= rounds; round++) {
        const since = watcher.diary.now;
        await viewer.leave();
        viewer = await Viewer.enter(grid, restless);
        await watcher.sees(viewer, { since });
        check(distance(viewer.landing, rest) < 1, `round ${round}: left at ${JSON.stringify(rest)}, landed at ${JSON.stringify(viewer.landing)}`);
    }
    await Promise.all([watcher.misses(viewer, { since: watcher.diary.now }), viewer.leave()]);
    const order = watcher.diary.since(0).filter(({ id, kind }) => id === viewer.id && kind !== 'moved').map(({ kind }) => kind);
    check(order.join(' ') === 'seen gone '.repeat(rounds + 1).trim(), `the avatar was shown: ${order.join(' ')}`);
    await watcher.leave();
});
