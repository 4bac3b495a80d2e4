// The viewer that "death" kills: it logs the first user in, says so to the process that has started it, and
// stays, at most as long as that process lives.

import { story } from './story.mjs';
import { Viewer } from './viewer.mjs';

const orphaned = new Promise((resolve) => process.once('disconnect', resolve));

story(async ({ grid, users: [mortal] }) => {
    const viewer = await Viewer.enter(grid, mortal, mortal.start);
    process.send(viewer.id);
    await orphaned;
});
