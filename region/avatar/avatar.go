// Package avatar has what an avatar is: its looks and what it wears, the controls its viewer holds, and
// the animations that follow from them. Values and rules only; who owns an avatar and moves it is
// region/scene.
//
// Ids and numbers are the viewer protocol's.
package avatar
