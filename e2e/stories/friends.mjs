// Two users become friends, and from then on each knows when the other comes and goes.

import { check, story } from './story.mjs';
import { Viewer } from './viewer.mjs';

story(async ({ grid, users: [one, other] }) => {
    const ann = await Viewer.enter(grid, one, one.start);
    let ben = await Viewer.enter(grid, other, other.start);
    check(ann.friends.length === 0 && ben.friends.length === 0, 'there are friends already');

    await ann.commands.friends.sendFriendRequest(ben.id, 'Shall we be friends?');
    const { offer } = await ben.diary.expect('offer', ({ from, text }) => from === ann.id && text === 'Shall we be friends?');
    await ben.commands.friends.acceptFriendRequest(offer);
    await ann.diary.expect('answer', ({ from, accepted }) => from === ben.id && accepted);
    await Promise.all([isTold(ann, 'online', ben), isTold(ben, 'online', ann)]);

    let since = ann.diary.now;
    const asked = performance.now();
    const [offline] = await Promise.all([isTold(ann, 'offline', ben, since), ben.leave()]);
    check(offline.at - asked < 1000, `the friend was online for ${offline.at - asked} ms after the logout`);

    since = ann.diary.now;
    ben = await Viewer.enter(grid, other);
    await Promise.all([isTold(ann, 'online', ben, since), isTold(ben, 'online', ann)]);
    check(ben.friends.includes(ann.id), 'the friend is not in the list that the login gives');

    since = ann.diary.now;
    await Promise.all([isTold(ann, 'offline', ben, since), ben.leave()]);
    await ann.leave();

    const told = ann.diary.since(0).filter(({ id, kind }) => id === ben.id && ['online', 'offline'].includes(kind));
    const order = told.map(({ kind }) => kind).join(' ');
    check(order === 'online offline online offline', `of the friend was told: ${order}`);
});

// isTold waits until a viewer is told that a friend has come or gone.
async function isTold(viewer, kind, friend, since = 0) {
    return viewer.diary.expect(kind, ({ id }) => id === friend.id, { since });
}
