//! Files of motifs, networks, states and fits.

use std::path::Path;

use crate::support::archives::*;
use crate::support::cases;
use proptest::prelude::*;
use thalamo::fit::{FitOptions, fit};
use thalamo::io::*;
use thalamo::motif::{Motif, step_motifs};
use thalamo::nalgebra::DVector;
use thalamo::{Error, Result, System};
use zip::CompressionMethod as Zip;

fn named(series: Vec<Vec<f64>>) -> Vec<NamedMotif> {
    let motif =
        |(i, values)| NamedMotif { name: format!("motif_{i}"), motif: Motif::new(0.1, values).unwrap() };
    series.into_iter().enumerate().map(motif).collect()
}

fn bits(motifs: &[NamedMotif]) -> Vec<(String, Vec<u64>)> {
    let bits = |m: &NamedMotif| (m.name.clone(), m.motif.values().iter().map(|x| x.to_bits()).collect());
    motifs.iter().map(bits).collect()
}

fn csv(text: &str) -> Result<Vec<NamedMotif>> {
    decode(text.as_bytes(), Path::new("m.csv"), 0.1)
}

fn npz(entries: &[(&str, Vec<u8>)]) -> Result<Vec<NamedMotif>> {
    decode(&archive(entries, Zip::Stored), Path::new("m.npz"), 0.1)
}

/// Any finite number, subnormal and negative zero included.
fn finite() -> impl Strategy<Value = f64> {
    any::<u64>().prop_map(f64::from_bits).prop_filter("finite", |x| x.is_finite())
}

proptest! {
    #![proptest_config(cases(64))]
    #[test]
    fn round_trips_keep_every_bit(
        mut series in prop::collection::vec(prop::collection::vec(finite(), 1..40), 1..6)
    ) {
        series.iter_mut().for_each(|s| s[0] = 1.0); // never all zeros
        let motifs = named(series);
        for path in ["m.npz", "m.csv", "m.json"].map(Path::new) {
            let bytes = encode(&motifs, path).unwrap();
            let again: Vec<NamedMotif> = decode(&bytes, path, 0.1).unwrap();
            prop_assert_eq!(bits(&again), bits(&motifs));
        }
    }

    #[test]
    fn names_survive_in_npz_and_csv(names in prop::collection::btree_set("[a-zA-Z ,\"]{0,6}[a-z]", 1..5)) {
        let motif = |name: &String| NamedMotif { name: name.clone(), motif: Motif::new(0.1, vec![1.0]).unwrap() };
        let motifs: Vec<_> = names.iter().filter(|n| n.trim() == *n && n.parse::<f64>().is_err()).map(motif).collect();
        prop_assume!(!motifs.is_empty());
        for path in ["m.npz", "m.csv"].map(Path::new) {
            let bytes = encode(&motifs, path).unwrap();
            prop_assert_eq!(&decode::<Vec<NamedMotif>>(&bytes, path, 0.1).unwrap(), &motifs);
        }
    }
}

#[test]
fn csv_as_people_write_it() {
    let motifs = csv("\u{feff}reach, grasp ,hold\r\n0,0.5,-1e-3\r\n1,,2\r\n2\r\n").unwrap();
    let values = |i: usize| motifs[i].motif.values();
    assert_eq!((values(0), values(1), values(2)), (&[0., 1., 2.][..], &[0.5][..], &[-1e-3, 2.][..]));
    assert_eq!(motifs.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["reach", "grasp", "hold"]);
    assert_eq!(csv("1,2\n3,4\n").unwrap()[1].motif.values(), [2.0, 4.0]); // no header
    assert_eq!(csv("a;b\n1;2\n").unwrap()[1].motif.values(), [2.0]);
    assert_eq!(csv("1\t2\n").unwrap()[1].name, "motif_1");
    assert_eq!(csv("1\n2\n\n\n").unwrap()[0].motif.len(), 2); // blank lines at the end
    // a spreadsheet's export: byte order mark, quotes, semicolons, ends of lines of another system,
    // empty lines
    let messy = csv("\u{feff}\"reach, left\";\"grasp\"\r\n1;0.5\r\n2;\r\n;\r\n  \r\n\r\n").unwrap();
    assert_eq!((messy[0].name.as_str(), messy[0].motif.values()), ("reach, left", &[1.0, 2.0][..]));
    assert_eq!((messy[1].name.as_str(), messy[1].motif.values()), ("grasp", &[0.5][..]));
    assert_eq!(csv("a,b\r1,2\r3,4").unwrap()[1].motif.values(), [2.0, 4.0]);
    // evenly spaced, but nothing says that it is time; named so, but no time
    assert_eq!(csv("ramp\n1\n2\n3\n").unwrap()[0].name, "ramp");
    assert_eq!(csv("time\n1\n3\n2\n").unwrap()[0].name, "time");
}

/// The column of times gives the step, whatever its unit and place, and is no motif.
#[test]
fn times_are_no_motif() {
    let step = |text: &str| time_step(text.as_bytes(), Path::new("m.csv")).unwrap();
    for name in ["t", "T", "time", "Time (s)", "time_s", "t_s", "t (ms)", "t[s]"] {
        let text = format!("a,{name}\n1,0.3\n2,0.4\n3,0.5\n");
        assert_eq!(step(&text), Some(0.1), "{name}");
        let motifs = csv(&text).unwrap();
        assert_eq!((motifs.len(), motifs[0].motif.values()), (1, &[1.0, 2.0, 3.0][..]), "{name}");
    }
    for name in ["ts", "t_1", "tau", "tempo"] {
        let text = format!("{name}\n0.3\n0.4\n0.5\n");
        assert_eq!((step(&text), csv(&text).unwrap().len()), (None, 1), "{name}");
    }
    // times rounded to a millisecond at 30 Hz
    let rounded = (0..40).map(|i| format!("{:.3},{i}\n", f64::from(i) / 30.0)).collect::<String>();
    let found = step(&format!("t,a\n{rounded}")).unwrap();
    assert!((30.0 * found - 1.0).abs() < 1e-3, "{found}");
    // what messages advise: no dt of one's own, another name, a complete column
    assert_eq!(step("Time (s),a\n0,1\n0.2,2\n0.4,1\n"), Some(0.2));
    assert_eq!(csv("clock,a\n0,1\n0.1,2\n0.25,1\n0.3,1\n").unwrap().len(), 2);
    assert_eq!(csv("t,a\n0,1\n0.1,2\n0.2,1\n").unwrap().len(), 1);
    let state = decode::<DVector<f64>>(b"t,x\n0,1\n1,2\n", Path::new("x.csv"), ());
    assert!(refusal(state).contains("expected one column or list, given a column of times"));
}

#[test]
fn fits_belong_to_motifs_by_name() {
    let motifs = named((1..4).map(|i| (0..30).map(|n| f64::from(n * i).sin()).collect()).collect());
    let of = |named: &NamedMotif| {
        let options = FitOptions::default().with(|o| (o.modes, o.effort) = (2, 50));
        NamedFit::new(&named.name, named.motif.len(), fit(&named.motif, &options).unwrap())
    };
    let all: Vec<NamedFit> = motifs.iter().map(of).collect();
    let fits = |places: &[usize]| Fits {
        options: FitOptions::default(),
        fits: places.iter().map(|&i| all[i].clone()).collect(),
    };
    let matched = fits(&[2, 0, 1]).matched(&motifs).unwrap();
    assert!(matched.iter().eq(all.iter().map(|named| &named.fit)));
    let remedy = "fit these motifs with `thalamo fit`, or give the motifs and --dt of the fits";
    let missing = refusal(fits(&[0, 1]).matched(&motifs));
    assert_eq!(
        missing,
        format!("expected a fit of the motif `motif_2`, given `motif_1`; {remedy}")
            .replace("`motif_1`", "no other")
    );
    let more = refusal(fits(&[0, 1, 2]).matched(&motifs[..2]));
    assert_eq!(more, format!("expected fits of 2 motifs, given one of `motif_2` as well; {remedy}"));
    let coarse = NamedMotif {
        motif: Motif::new(0.2, motifs[0].motif.values().to_vec()).unwrap(),
        ..motifs[0].clone()
    };
    let step = refusal(fits(&[0]).matched(&[coarse]));
    let said = "expected `motif_0` with 30 samples 0.2 tau apart, given a fit to 30 samples 0.1 tau apart";
    assert_eq!(step, format!("{said}; {remedy}"));
}

#[test]
fn wrong_cells_are_named() {
    for (text, message) in [
        ("1,2\n3,x\n", "m.csv: row 2, column motif_1: expected a finite number, given `x`; correct the cell"),
        (
            "a,b\n1,2\nnan,4\n",
            "m.csv: row 3, column a: expected a finite number, given `nan`; correct the cell",
        ),
        (
            "a\n1\n1e999\n",
            "m.csv: row 3, column a: expected a finite number, given `1e999`; correct the cell",
        ),
        (
            "a,b\n1,2\n,3\n4,5\n",
            "m.csv: row 4, column a: expected nothing after the motif's last sample, given `4`; correct the cell",
        ),
        (
            "1\n\n2\n",
            "m.csv: row 3, column motif_0: expected nothing after the motif's last sample, given `2`; correct the cell",
        ),
        (
            "1,2\n3,4,5\n",
            "m.csv: row 2, column all: expected as many cells as the first row, or fewer, given 3 cells; correct the cell",
        ),
        (
            "a,a\n1,2\n",
            "m.csv: expected a name of its own for each motif, given `a` twice; rename one of them",
        ),
        ("", "m.csv: expected at least one motif, given none; give one array, column or list per motif"),
        (
            "a,b\n1,\n",
            "m.csv: motif `b` (index 1): motif: expected at least one element, given none; give at least one sample",
        ),
        (
            "a;b\r\n0,5;1\r\n",
            "m.csv: row 2, column a: expected a finite number, given `0,5`; write decimal points in place of decimal commas",
        ),
        (
            "0,5;1,5\n0,25;-1,5e3\n",
            "m.csv: row 1, column motif_0: expected a finite number, given `0,5`; write decimal points in place of decimal commas",
        ),
        (
            "Time (s),a\n0,1\n0.2,2\n0.4,1\n",
            "m.csv: expected times 0.1 apart as given by dt, given 0.2; leave dt out: the column of times is enough, or correct one of the two",
        ),
        (
            "t,a\n0,1\n0.1,2\n0.25,1\n0.3,1\n",
            "m.csv: expected evenly spaced times, 0.1 apart, given 0.25 as number 3 in the column `t`; resample the motifs evenly, or rename the column if it is a motif",
        ),
        (
            "t,a\n0,1\n0.1,2\n,1\n",
            "m.csv: expected a time for each of 3 samples, given 2; complete the column of times",
        ),
        (
            "a\n0\n0\n",
            "m.csv: motif `a` (index 0): motif: expected a series with at least one non-zero sample, given 2 zeros; leave it out of the library",
        ),
    ] {
        assert_eq!(refusal(csv(text)), message);
    }
    let bytes = decode::<Vec<NamedMotif>>(b"a\n\xff\n", Path::new("m.csv"), 0.1);
    assert!(refusal(bytes).contains("expected columns of numbers as UTF-8 text"));
}

#[test]
fn wrong_json_is_named() {
    let json = |text: &str| decode::<Vec<NamedMotif>>(text.as_bytes(), Path::new("m.json"), 0.1);
    assert_eq!(json("[[0, 1.5], [2]]").unwrap()[0].motif.values(), [0.0, 1.5]);
    for (text, said) in [
        ("[[1, null]]", "row 2, column motif_0: expected a finite number, given null"),
        ("[[1], 3]", "row 2, column motif_1: expected a list of numbers, given 3"),
        ("[[1], [\"two\"]]", "row 1, column motif_1: expected a finite number, given \"two\""),
        ("[[1e999]]", "expected a list of lists of numbers, given number out of range"),
        ("[[NaN]]", "expected a list of lists of numbers, given expected value"),
        ("{}", "expected a list of lists of numbers, given invalid type: map"),
        ("[", "expected a list of lists of numbers, given EOF"),
        ("[]", "expected at least one motif, given none"),
        ("[[]]", "motif `motif_0` (index 0): motif: expected at least one element"),
    ] {
        let message = refusal(json(text));
        assert!(message.starts_with("m.json: ") && message.contains(said), "{message}");
    }
    let deep = "[".repeat(100_000);
    assert!(refusal(json(&deep)).contains("recursion limit"));
}

#[test]
fn npz_as_numpy_writes_it() {
    let f4: Vec<u8> = [0.5_f32, -2.0].iter().flat_map(|x| x.to_le_bytes()).collect();
    let i8: Vec<u8> = [1_i64, -3].iter().flat_map(|x| x.to_le_bytes()).collect();
    let big: Vec<u8> = [1.25_f64].iter().flat_map(|x| x.to_be_bytes()).collect();
    let entries = [
        ("a.npy", npy("'<f4'", false, "(2,)", &f4)),
        ("b.npy", npy("'<i8'", false, "(2,)", &i8)),
        ("c.npy", npy("'>f8'", true, "(1,)", &big)),
        ("readme.txt", b"ignored, as numpy does".to_vec()),
    ];
    for method in [Zip::Stored, Zip::Deflated] {
        let bytes = archive(&entries, method);
        let motifs: Vec<NamedMotif> = decode(&bytes, Path::new("m.npz"), 0.1).unwrap();
        let all: Vec<_> = motifs.iter().map(|m| (m.name.as_str(), m.motif.values())).collect();
        assert_eq!(all, [("a", &[0.5, -2.0][..]), ("b", &[1.0, -3.0][..]), ("c", &[1.25][..])]);
    }
}

#[test]
fn fortran_and_c_order_give_the_same_network() {
    let j = [0.1, 0.2, 0.3, 0.4]; // row by row
    let transposed = [0.1, 0.3, 0.2, 0.4];
    let w = npy("'<f8'", false, "(2,)", &le(&[1.0, -1.0]));
    let decode = |fortran: bool, data: &[f64]| {
        let matrix = npy("'<f8'", fortran, "(2, 2)", &le(data));
        let bytes = archive(&[("J.npy", matrix), ("w.npy", w.clone())], Zip::Stored);
        decode::<System>(&bytes, Path::new("net.npz"), None).unwrap()
    };
    let (c, fortran) = (decode(false, &j), decode(true, &transposed));
    assert_eq!(c.cortex(), fortran.cortex());
    let cortex = c.cortex().unwrap();
    assert_eq!((cortex.recurrent()[(0, 1)], cortex.gain()), (0.2, 0.5));
    // The gain of the file counts, and a network survives its file.
    let path = Path::new("net.npz");
    let net = thalamo::System::from(thalamo::Cortex::random(7, 0.8, 3).unwrap());
    let again = thalamo::io::decode::<System>(&encode(&net, path).unwrap(), path, None).unwrap();
    assert_eq!(again.cortex(), net.cortex());
    // So does one that was given as A.
    let net = thalamo::System::new(net.matrix().clone(), net.readout().clone()).unwrap();
    let again = thalamo::io::decode::<System>(&encode(&net, path).unwrap(), path, None).unwrap();
    assert_eq!((again.matrix(), again.readout()), (net.matrix(), net.readout()));
    assert!(again.cortex().is_none());
}

#[test]
fn wrong_arrays_are_named() {
    let good = le(&[1.0, 2.0]);
    for (array, said) in [
        (
            npy("'<f8'", false, "(3,)", &good),
            "expected 3 entries of 8 bytes for its shape [3], given 16 bytes",
        ),
        (
            npy("'<f8'", false, "(1,)", &good),
            "expected 1 entries of 8 bytes for its shape [1], given 16 bytes",
        ),
        (npy("'<f8'", false, "(1, 2)", &good), "expected shape (n,), given real numbers of shape [1, 2]"),
        (npy("'<f8'", false, "()", &good[..8]), "expected shape (n,), given real numbers of shape []"),
        (npy("'<f8'", false, "(2,)", &le(&[1.0, f64::NAN])), "expected finite numbers, given NaN at index 1"),
        (npy("'<f8'", false, "(1,)", &le(&[f64::INFINITY])), "expected finite numbers, given inf at index 0"),
        (npy("'<c16'", false, "(1,)", &good), "expected real numbers, given complex128 numbers of shape [1]"),
        (npy("'|O'", false, "(2,)", &good), "given"),
        (npy("'<f2'", false, "(8,)", &good), "given dtype <f2; convert it with astype"),
        (npy("[('a', '<f8')]", false, "(2,)", &good), "given a structured array; convert it"),
        (
            npy("'<i8'", false, "(1,)", &i64::MAX.to_le_bytes()),
            "given 9223372036854775807; save it as float64",
        ),
        (b"PK\x03\x04".to_vec(), "expected an array in NumPy's format, given other bytes"),
        (b"\x93NUMPY\x09\x00abcdefgh".to_vec(), "given a header of unknown version, or cut short"),
        (b"\x93NUMPY".to_vec(), "expected an array in NumPy's format, given other bytes"),
        (raw_npy("{}", b""), "expected an array in NumPy's format, given"),
        (raw_npy("{'descr': '<f8'", b""), "expected an array in NumPy's format, given"),
        (raw_npy(&"(".repeat(9000), b""), "given a header too long for a plain array"),
        (raw_npy(&" ".repeat(20_000), b""), "given a header too long for a plain array"),
        // Claims beyond any memory, and beyond 64 bits.
        (npy("'<f8'", false, "(1000000000000,)", &good), "expected 1000000000000 entries of 8 bytes"),
        (
            npy("'<f8'", false, "(99999999999, 99999999999)", &good),
            "given a header too long for a plain array",
        ),
        (npy("'<f8'", false, "(-1,)", &good), "dimension cannot be negative"),
    ] {
        let message = refusal(npz(&[("x.npy", array)]));
        assert!(
            message.starts_with("m.npz: array `x`: expected ") && message.contains(said),
            "{said}: {message}"
        );
    }
    let empty = refusal(npz(&[]));
    assert!(empty.contains("expected at least one motif, given none"), "{empty}");
    let missing = decode::<System>(&archive(&[], Zip::Stored), Path::new("net.npz"), None);
    assert!(refusal(missing).contains("array `w`: expected to find it, given an empty archive"));
}

#[test]
fn a_zip_bomb_is_refused() {
    let bytes = archive(&[("x.npy", vec![0; 300 << 20])], Zip::Deflated);
    assert!(bytes.len() < 1 << 20);
    let message = refusal(decode::<Vec<NamedMotif>>(&bytes, Path::new("m.npz"), 0.1));
    assert!(message.contains("that unpack to more than 16 times as many"), "{message}");
}

#[test]
fn the_extension_decides() {
    let folder = tempfile::tempdir().unwrap();
    let motifs = named(vec![vec![0.0, 1.0], vec![2.0]]);
    for name in ["m.npz", "m.csv", "m.JSON"] {
        let path = folder.path().join(name);
        write(&path, &motifs).unwrap();
        assert_eq!(read_with::<Vec<NamedMotif>>(&path, 0.1).unwrap(), motifs);
    }
    let message = refusal(decode::<Vec<NamedMotif>>(b"", Path::new("m.txt"), 0.1));
    assert_eq!(
        message,
        "m.txt: expected a name that ends in .npz, .csv or .json, given the extension `txt`; rename or convert it"
    );
    assert!(
        refusal(read_with::<Vec<NamedMotif>>(&folder.path().join("m.npz"), -1.0))
            .contains("motif dt: expected a finite number > 0")
    );
}

#[test]
fn outputs_do_not_overwrite_inputs() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.csv");
    std::fs::write(&input, "1\n").unwrap();
    let roundabout = folder.path().join(".").join("in.csv");
    let message = refusal(check_output(&roundabout, &[&input]));
    assert!(
        message.contains("expected an output apart from the inputs, given the input itself"),
        "{message}"
    );
    #[cfg(unix)]
    {
        let link = folder.path().join("link.csv");
        std::os::unix::fs::symlink(&input, &link).unwrap();
        assert!(
            matches!(check_output(&link, &[&input]), Err(Error::InFile { source, .. }) if *source == Error::OverwritesInput)
        );
    }
    assert!(check_output(&folder.path().join("out.csv"), &[&input]).is_ok());
    assert!(check_output(&input, &[]).is_ok());
    let unwritten = |r: Result<()>| matches!(r.unwrap_err().root(), Error::Write { .. });
    assert!(unwritten(check_output(folder.path(), &[])));
    assert!(unwritten(check_output(&folder.path().join("no/out.csv"), &[])));
}

#[test]
fn states_are_read() {
    let state = |bytes: &[u8], name: &str| decode::<DVector<f64>>(bytes, Path::new(name), ());
    let array = npy("'<f8'", false, "(2,)", &le(&[0.5, -1.0]));
    for (bytes, name) in [(&array[..], "x.npy"), (b"x\n0.5\n-1\n", "x.csv"), (b"[[0.5, -1]]", "x.json")] {
        assert_eq!(state(bytes, name).unwrap().as_slice(), [0.5, -1.0]);
    }
    for name in ["x.npy", "x.npz", "x.csv", "x.json"].map(Path::new) {
        let x = DVector::from_vec(vec![0.1, -1e-300, 7.0]);
        assert_eq!(decode::<DVector<f64>>(&encode(&x, name).unwrap(), name, ()).unwrap(), x);
    }
    let square = npy("'<f8'", false, "(1, 2)", &le(&[0.5, -1.0]));
    assert!(refusal(state(&square, "x.npy")).contains("expected real numbers of shape (N,)"));
    assert!(refusal(state(b"1,2\n", "x.csv")).contains("expected one column or list, given 2"));
    assert!(refusal(state(b"", "x.txt")).contains("expected a name that ends in .npy, .npz, .csv or .json"));
}

#[test]
fn fits_survive_their_file() {
    let options = FitOptions::published().with(|o| {
        o.modes = 4;
        o.effort = 100;
        o.seed = 3;
    });
    let fits: Vec<_> = step_motifs(2, 5)
        .unwrap()
        .iter()
        .enumerate()
        .map(|(i, motif)| NamedFit::new(&format!("m{i}"), motif.len(), fit(motif, &options).unwrap()))
        .collect();
    let (stored, path) = (Fits { options, fits }, Path::new("fits.json"));
    let bytes = encode(&stored, path).unwrap();
    let again: Fits = decode(&bytes, path, ()).unwrap();
    assert_eq!(again, stored);
    assert_eq!(encode(&again, path).unwrap(), bytes);
    let text = String::from_utf8(bytes).unwrap();
    for (from, to, said) in [
        ("\"version\": 2", "\"version\": 7", "expected format version 2, given 7"),
        ("thalamo fits", "other fits", "expected the format `thalamo fits`, given `other fits`"),
        ("\"modes\": 4", "\"modes\": 900", "fit modes: expected a count in 1..=64, given 900"),
        (
            "\"eigenvalues\": [",
            "\"eigenvalues\": [[-1.0, 0.5],",
            "amplitudes: expected shape 5 x 1, given 4 x 1",
        ),
    ] {
        assert!(text.contains(from));
        let message = refusal(decode::<Fits>(text.replacen(from, to, 1).as_bytes(), path, ()));
        assert!(message.starts_with("fits.json: ") && message.contains(said), "{message}");
    }
}
